import type { SmsReceipt } from '@verified-mobile/issuer';
import { numberOf, type Pdu } from '../wire/read-pdu.ts';
import type { MessageIds } from './message-ids.ts';

type Status = SmsReceipt['status'];

/** Bits 2 to 5 of `esm_class`: what kind of message this is. */
const KIND_BITS = 0x3c;
const RECEIPT_KINDS: ReadonlySet<number> = new Set([0x04, 0x20]);

const TAG = { receiptedMessageId: 0x001e, networkErrorCode: 0x0423, messagePayload: 0x0424, messageState: 0x0427 };

/** SMPP 3.4, section 5.2.28, from 1; 9 is of SMPP 5.0. */
const STATES: readonly (Status | undefined)[] = [
  'accepted',
  'accepted',
  'delivered',
  'expired',
  'undelivered',
  'undelivered',
  'accepted',
  'undelivered',
  'rejected',
  'undelivered',
];

/** By how they begin: `DELIVRD`, `DELIVERED`. */
const STATS: readonly (readonly [RegExp, Status])[] = [
  [/^DELIV/i, 'delivered'],
  [/^EXPIR/i, 'expired'],
  [/^REJ/i, 'rejected'],
  [/^(?:UNDEL|DELET|UNKN|FAIL|SKIP)/i, 'undelivered'],
  [/^(?:ENR|ACC|SCHED|BUF)/i, 'accepted'],
];

const UCS2 = 8;

/** What a `deliver_sm` says of a message, by its TLVs and by its text; nothing if it is no receipt. */
export function readReceipt(pdu: Pdu, ids: MessageIds): SmsReceipt | undefined {
  const isReceipt = RECEIPT_KINDS.has(numberOf(pdu, 'esm_class') & KIND_BITS);
  if (!isReceipt && !pdu.tlvs.has(TAG.receiptedMessageId)) return undefined;
  const text = receiptText(pdu);
  const [textId, tlvId] = [idIn(text, ids), idInTlv(pdu, ids)];
  const messageId = ids.inText ? (textId ?? tlvId) : (tlvId ?? textId);
  const status = statusInTlv(pdu) ?? statusIn(text);
  if (messageId === undefined || status === undefined) return undefined;
  const operatorCode = codeIn(text) ?? codeInTlv(pdu);
  return { messageId, status, ...(operatorCode === undefined ? {} : { operatorCode }) };
}

/** Without the beginning of the SMS at its end, which may hold what looks like a field. */
function receiptText({ fields, tlvs }: Pdu): string {
  const short = fields['short_message'];
  const octets = Buffer.isBuffer(short) && short.length > 0 ? short : tlvs.get(TAG.messagePayload);
  if (octets === undefined) return '';
  // Receipts are ASCII. By the GSM alphabet, as npm `smpp` reads them, an `_` in the id would be another character.
  const text = fields['data_coding'] === UCS2 ? fromUcs2(octets) : octets.toString('latin1');
  return text.split(/\btext:/i, 1)[0] ?? '';
}

function fromUcs2(octets: Buffer): string {
  return Buffer.from(octets.subarray(0, octets.length & ~1))
    .swap16()
    .toString('utf16le');
}

function idIn(text: string, ids: MessageIds): string | undefined {
  const [, id] = /\bid:\s*(\S+)/i.exec(text) ?? [];
  return id === undefined ? undefined : ids.ofReceipt(id);
}

function idInTlv({ tlvs }: Pdu, ids: MessageIds): string | undefined {
  const id = tlvs.get(TAG.receiptedMessageId)?.toString('latin1').replace(/\0+$/, '');
  return id === undefined ? undefined : ids.ofAnswer(id);
}

function statusInTlv({ tlvs }: Pdu): Status | undefined {
  const state = tlvs.get(TAG.messageState);
  return state?.length === 1 ? STATES[state[0] ?? 0] : undefined;
}

function statusIn(text: string): Status | undefined {
  const [, stat] = /\bstat:\s*(\w+)/i.exec(text) ?? [];
  return stat === undefined ? undefined : STATS.find(([pattern]) => pattern.test(stat))?.[1];
}

function codeIn(text: string): string | undefined {
  const [, code] = /\berr:\s*([\w.-]{1,32})/i.exec(text) ?? [];
  return code === undefined || /^0+$/.test(code) ? undefined : code;
}

/** The kind of network, and its code in two octets. */
function codeInTlv({ tlvs }: Pdu): string | undefined {
  const value = tlvs.get(TAG.networkErrorCode);
  if (value?.length !== 3) return undefined;
  const code = value.readUInt16BE(1);
  return code === 0 ? undefined : String(code);
}
