import smpp from 'smpp';

/** A vendor's tag need not be known to npm `smpp`, which writes only those it knows, of a table that all its users share. */
export interface Tlv {
  readonly tag: number;
  readonly value: Buffer;
}

export interface PduBody {
  readonly fields: Readonly<Record<string, string | number | Buffer>>;
  readonly tlvs?: readonly Tlv[];
}

export const EMPTY_BODY: PduBody = { fields: {} };

/** The bytes of a request, or of a response if it has a status. */
export function writePdu(command: string, sequence: number, { fields, tlvs = [] }: PduBody, status = 0): Buffer {
  const options = { ...fields, sequence_number: sequence, command_status: status };
  const pdu = Buffer.concat([new smpp.PDU(command, options).toBuffer(), ...tlvs.flatMap(bytesOf)]);
  pdu.writeUInt32BE(pdu.length, 0);
  return pdu;
}

function bytesOf({ tag, value }: Tlv): Buffer[] {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(tag, 0);
  head.writeUInt16BE(value.length, 2);
  return [head, value];
}
