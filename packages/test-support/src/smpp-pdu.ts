import { type Command, COMMANDS, type Field, isVendorTag, TLV_LENGTHS } from './smpp-layout.ts';
import { faultsOfHeader } from './user-data-header.ts';

/** An optional parameter. Its value is what the wire has, with a NUL at its end if there is one. */
export interface Tlv {
  readonly tag: number;
  readonly value: Buffer;
}

export type FieldValue = number | string | Buffer;
export type Fields = Readonly<Record<string, FieldValue>>;

/** A PDU as it stood on the wire, and what SMPP 3.4 says that it means. */
export interface Pdu {
  readonly bytes: Buffer;
  /** The specification's name, such as `submit_sm`; `0x…` for a command that is not in the table. */
  readonly command: string;
  readonly status: number;
  readonly sequence: number;
  /** By the specification's names. `short_message` is a Buffer, text is a string without its NUL, the rest are numbers. */
  readonly fields: Fields;
  /** In the order of the wire. */
  readonly tlvs: readonly Tlv[];
  /** Everything in which it is not what the specification asks for. Empty if it is right. */
  readonly faults: readonly string[];
}

export interface PduToWrite {
  readonly command: string;
  readonly status?: number;
  readonly sequence: number;
  /** A field that is missing is 0, or empty. */
  readonly fields?: Fields;
  readonly tlvs?: readonly Tlv[];
  /** Without a body, as an error is answered. */
  readonly bare?: boolean;
}

export const HEADER_BYTES = 16;
export const MESSAGE_PAYLOAD = 0x04_24;
const MOST_SEQUENCE = 0x7f_ff_ff_ff;
const UDH_INDICATOR = 0x40;
const UCS2 = 8;

/** Reads one whole PDU: as many bytes as its length says. */
export function readPdu(bytes: Buffer): Pdu {
  const [id, status, sequence] = [bytes.readUInt32BE(4), bytes.readUInt32BE(8), bytes.readUInt32BE(12)];
  const faults: string[] = [];
  const command = COMMANDS.find((one) => one.id === id);
  const name = command?.name ?? `0x${id.toString(16).padStart(8, '0')}`;
  const isRequest = id < 0x8000_0000;
  if (sequence < 1 || sequence > MOST_SEQUENCE) faults.push(`the sequence number ${sequence} is out of range`);
  if (isRequest && status !== 0) faults.push(`a request has the status ${status}`);
  if (command === undefined) faults.push('the command is not known');
  const isBare = bytes.length === HEADER_BYTES && status !== 0;
  const body = command === undefined || isBare ? { fields: {}, tlvs: [] } : readBody(command, bytes, faults);
  const pdu = { bytes, command: name, status, sequence, ...body, faults };
  if (name === 'submit_sm' || name === 'deliver_sm') faults.push(...faultsOfMessage(pdu));
  return { ...pdu, faults: faults.map((fault) => `${name}: ${fault}`) };
}

/** The two parts of what a message carries: the header of a part of a longer text, if any, and the text's own bytes. */
export function userDataOf(pdu: Pick<Pdu, 'fields' | 'tlvs'>): { readonly header: Buffer; readonly text: Buffer } {
  const payload = pdu.tlvs.find(({ tag }) => tag === MESSAGE_PAYLOAD)?.value;
  const data = payload ?? (pdu.fields['short_message'] as Buffer);
  const end = (Number(pdu.fields['esm_class']) & UDH_INDICATOR) === 0 ? 0 : (data[0] ?? 0) + 1;
  return { header: data.subarray(0, end), text: data.subarray(end) };
}

/** The value of an optional parameter, or undefined. */
export function tlvOf(pdu: Pick<Pdu, 'tlvs'>, tag: number): Buffer | undefined {
  return pdu.tlvs.find((tlv) => tlv.tag === tag)?.value;
}

export function writePdu({ command, status = 0, sequence, fields = {}, tlvs = [], bare }: PduToWrite): Buffer {
  const layout = COMMANDS.find(({ name }) => name === command);
  if (layout === undefined) throw new TypeError(`No SMPP command is named ${command}.`);
  const body = bare ? [] : layout.body.map((field) => writeField(field, fields));
  const parameters = tlvs.map(({ tag, value }) => Buffer.concat([uint16(tag), uint16(value.length), value]));
  const rest = Buffer.concat([...body, ...parameters]);
  return Buffer.concat([uint32(HEADER_BYTES + rest.length), uint32(layout.id), uint32(status), uint32(sequence), rest]);
}

function writeField(field: Field, fields: Fields): Buffer {
  const value = fields[field.name];
  if (field.form === 'text') return Buffer.from(`${String(value ?? '')}\0`, 'latin1');
  if (field.form === 'octets') return Buffer.from((value as Buffer | undefined) ?? '');
  const counted = Object.values(fields).find((one) => Buffer.isBuffer(one))?.length ?? 0;
  return Buffer.of(Number(value ?? (field.name === 'sm_length' ? counted : 0)));
}

function readBody(command: Command, bytes: Buffer, faults: string[]): { fields: Fields; tlvs: readonly Tlv[] } {
  const fields: Record<string, FieldValue> = {};
  let offset = HEADER_BYTES;
  for (const field of command.body) {
    const read = readField(field, bytes.subarray(offset), fields);
    if (read.fault !== undefined) faults.push(`${field.name} ${read.fault}`);
    if (read.value === undefined) return { fields, tlvs: [] };
    fields[field.name] = read.value;
    offset += read.length;
  }
  if (command.takesTlvs) return { fields, tlvs: readTlvs(bytes.subarray(offset), faults) };
  if (offset < bytes.length) faults.push(`${bytes.length - offset} bytes follow its body`);
  return { fields, tlvs: [] };
}

/** Without a value, what follows it cannot be read either. */
interface ReadField {
  readonly value?: FieldValue;
  readonly length: number;
  readonly fault?: string;
}

function readField(field: Field, bytes: Buffer, before: Fields): ReadField {
  if (field.form === 'byte') {
    const [value] = bytes;
    if (value === undefined) return { length: 0, fault: 'is missing' };
    return { value, length: 1, ...(field.allows(value) ? {} : { fault: `is ${value}, which is reserved` }) };
  }
  if (field.form === 'octets') {
    const length = Number(before[field.lengthField]);
    if (length > bytes.length) return { length: 0, fault: `has ${bytes.length} bytes, not ${length}` };
    return { value: bytes.subarray(0, length), length };
  }
  const end = bytes.indexOf(0);
  if (end === -1) return { length: 0, fault: 'has no NUL at its end' };
  const value = bytes.toString('latin1', 0, end);
  const read = { value, length: end + 1 };
  if (read.length > field.most) return { ...read, fault: `has ${end} characters, not at most ${field.most - 1}` };
  if (!/^[\x20-\x7e]*$/.test(value)) return { ...read, fault: 'is not ASCII text' };
  return field.allows(value) ? read : { ...read, fault: 'has the wrong form' };
}

function readTlvs(bytes: Buffer, faults: string[]): Tlv[] {
  const tlvs: Tlv[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    if (bytes.length - offset < 4) return cut(`${bytes.length - offset} bytes at its end are no parameter`);
    const [tag, length] = [bytes.readUInt16BE(offset), bytes.readUInt16BE(offset + 2)];
    const value = bytes.subarray(offset + 4, offset + 4 + length);
    if (value.length < length) return cut(`parameter ${hex(tag)} has ${value.length} bytes, not ${length}`);
    const [least, most] = TLV_LENGTHS.get(tag) ?? [0, isVendorTag(tag) ? Infinity : -1];
    if (most === -1) faults.push(`parameter ${hex(tag)} is reserved`);
    else if (length < least || length > most) faults.push(`parameter ${hex(tag)} may not have ${length} bytes`);
    if (tlvs.some((tlv) => tlv.tag === tag)) faults.push(`parameter ${hex(tag)} is there twice`);
    tlvs.push({ tag, value });
    offset += 4 + length;
  }
  return tlvs;

  function cut(fault: string): Tlv[] {
    faults.push(fault);
    return tlvs;
  }
}

/** What no single field shows. */
function faultsOfMessage(pdu: Pick<Pdu, 'fields' | 'tlvs'>): string[] {
  if (pdu.fields['short_message'] === undefined) return [];
  const faults: string[] = [];
  const hasBoth = pdu.fields['sm_length'] !== 0 && tlvOf(pdu, MESSAGE_PAYLOAD) !== undefined;
  if (hasBoth) faults.push('it has a short_message and a message_payload');
  const { header, text } = userDataOf(pdu);
  const isWholeHeader = header.length === 0 || header.length === header[0]! + 1;
  if (!isWholeHeader) faults.push('its user data header is longer than its data');
  else faults.push(...faultsOfHeader(header));
  const hasHeader = (Number(pdu.fields['esm_class']) & UDH_INDICATOR) !== 0;
  if (hasHeader && header.length === 0) faults.push('it promises a user data header and has none');
  if (pdu.fields['data_coding'] === UCS2 && text.length % 2 === 1) faults.push('its UCS-2 text has half a character');
  return faults;
}

const hex = (tag: number): string => `0x${tag.toString(16).padStart(4, '0')}`;

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
