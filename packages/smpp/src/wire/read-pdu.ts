import smpp from 'smpp';
import { HEADER_BYTES } from './frames.ts';

/** Commands from here on are responses. Those that refuse need no body. */
const RESPONSE = 0x8000_0000;

/** One PDU as it came, its texts not decoded yet. */
export interface Pdu {
  /** `submit_sm_resp`; `unknown` if SMPP has no command of that id. */
  readonly command: string;
  readonly isResponse: boolean;
  readonly status: number;
  readonly sequence: number;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly tlvs: ReadonlyMap<number, Buffer>;
  /** Its body ends before its fields do, or goes on after them. What was read is there. */
  readonly isBroken: boolean;
}

/**
 * Reads a whole frame. The layout is that of npm `smpp`; its own reader throws on a body that is cut short, and decodes
 * receipts by an alphabet in which `_` is another character.
 */
export function readPdu(frame: Buffer): Pdu {
  const id = frame.readUInt32BE(4);
  const { command = 'unknown', params = {} } = smpp.commandsById[id] ?? {};
  const body = { fields: {} as Record<string, unknown>, tlvs: new Map<number, Buffer>() };
  let isBroken = false;
  try {
    const offset = readFields(frame, params, body.fields);
    const isWhole = id >= RESPONSE || Object.keys(body.fields).length === Object.keys(params).length;
    isBroken = command !== 'unknown' && !(readTlvs(frame, offset, body.tlvs) && isWhole);
  } catch (error) {
    // Reading past the end of a buffer, and nothing else: a fault of ours must not pass for one of the peer's.
    if (!(error instanceof RangeError)) throw error;
    isBroken = true;
  }
  const [status, sequence] = [frame.readUInt32BE(8), frame.readUInt32BE(12)];
  return { command, isResponse: id >= RESPONSE, status, sequence, ...body, isBroken };
}

type Params = NonNullable<NonNullable<(typeof smpp.commandsById)[number]>['params']>;

/** Where the fields end. A refusal has no fields at all. */
function readFields(frame: Buffer, params: Params, fields: Record<string, unknown>): number {
  let offset = HEADER_BYTES;
  for (const [name, { type }] of Object.entries(params)) {
    if (offset >= frame.length) break;
    const value = type.read(frame, offset);
    fields[name] = value;
    // npm `smpp` takes what is left of a text for the whole of it.
    if (Buffer.isBuffer(value) && value.length !== frame[offset]) throw new RangeError('cut short');
    offset += type.size(value);
  }
  return offset;
}

/** Whether they end where the frame does. */
function readTlvs(frame: Buffer, from: number, tlvs: Map<number, Buffer>): boolean {
  let offset = from;
  while (offset + 4 <= frame.length) {
    const end = offset + 4 + frame.readUInt16BE(offset + 2);
    if (end > frame.length) return false;
    tlvs.set(frame.readUInt16BE(offset), frame.subarray(offset + 4, end));
    offset = end;
  }
  return offset === frame.length;
}

export function textOf(pdu: Pdu, field: string): string {
  const value = pdu.fields[field];
  return typeof value === 'string' ? value : '';
}

export function numberOf(pdu: Pdu, field: string): number {
  const value = pdu.fields[field];
  return typeof value === 'number' ? value : 0;
}
