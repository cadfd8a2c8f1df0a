import type { SmsRefusal } from '@verified-mobile/issuer';
import smpp from 'smpp';

export const ESME_ROK = 0x00;
export const ESME_RINVCMDID = 0x03;
const ESME_RALYBND = 0x05;
export const ESME_RX_T_APPN = 0x64;
export const ESME_RX_P_APPN = 0x65;

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(smpp.errors).map(([name, status]) => [status, name]));

type Reason = SmsRefusal['reason'];

const THROTTLED: ReadonlySet<string> = new Set(['ESME_RTHROTTLED', 'ESME_RMSGQFUL']);

/** The connection, the account or the provider, whatever the message. */
const UNAVAILABLE: ReadonlySet<string> = new Set([
  'ESME_RINVCMDID',
  'ESME_RINVBNDSTS',
  'ESME_RALYBND',
  'ESME_RSYSERR',
  'ESME_RBINDFAIL',
  'ESME_RINVPASWD',
  'ESME_RINVSYSID',
  'ESME_RINVSERTYP',
  'ESME_RINVSYSTYP',
  'ESME_RX_T_APPN',
  'ESME_RUNKNOWNERR',
  'ESME_RSERTYPUNAUTH',
  'ESME_RPROHIBITED',
  'ESME_RSERTYPUNAVAIL',
  'ESME_RSERTYPDENIED',
]);

/** What a status means at one provider. */
export interface StatusMeaning {
  readonly reason: Reason;
  readonly operatorCode: string;
}

/** A provider's own meanings of statuses, before those of SMPP. */
export type StatusMeanings = ReadonlyMap<number, Partial<StatusMeaning>>;

export function meaningOf(status: number, own: StatusMeanings): StatusMeaning {
  return { reason: reasonOf(status), operatorCode: nameOf(status), ...own.get(status) };
}

function reasonOf(status: number): Reason {
  const name = NAMES.get(status) ?? '';
  if (THROTTLED.has(name)) return 'throttled';
  return UNAVAILABLE.has(name) ? 'unavailable' : 'message';
}

/** `ESME_RINVDSTADR`; `633` if the status is an operator's own DLT code; else `0x0410`. */
export function nameOf(status: number): string {
  const name = NAMES.get(status);
  if (name !== undefined) return name;
  if (status >= 600 && status <= 699) return String(status);
  return `0x${status.toString(16).padStart(4, '0')}`;
}

/** What to change before the provider lets the account in. */
const BIND_REMEDIES: ReadonlyMap<number, string> = new Map([
  [ESME_RINVCMDID, 'It does not know this bind: ask for an account of SMPP 3.4, or set bind to transmitter.'],
  [ESME_RALYBND, 'Another connection is bound with this systemId: end it, or ask the provider for more binds.'],
  [0x0d, 'The provider refuses the account: check systemId, password and that this address is on its list.'],
  [0x0e, 'Set password to the one that the provider gave for this systemId.'],
  [0x0f, 'Set systemId to the one that the provider gave.'],
  [0x53, 'Set systemType to the one that the provider gave.'],
]);

export function bindRemedyOf(status: number): string | undefined {
  return BIND_REMEDIES.get(status);
}

/** Whether waiting changes nothing, and asking often may lock the account. An old connection ends by itself. */
export function isRefusedForGood(status: number): boolean {
  return status !== ESME_RALYBND && BIND_REMEDIES.has(status);
}
