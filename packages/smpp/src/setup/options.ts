import type { SmppFault } from '../link/faults.ts';
import type { ValidityForm } from '../message/validity-period.ts';
import type { MessageIdForm } from '../receipts/message-ids.ts';
import type { SettingSource } from './setting-source.ts';

/** All but `onFault` may stand in a JSON file. */
export interface SmppRouteOptions {
  /** Names the route in events, metrics and messages: 1 to 32 lower-case letters, digits and `-`. */
  name: string;
  /** `smpp://sms.example.in:2775`, or `ssmpp://sms.example.in:3550` for TLS. Without a port: 2775, or 3550 for TLS. */
  url: string;
  /** The account at the provider. Up to 64 printable ASCII characters; SMPP itself has room for 15. */
  systemId: string;
  /** Its password, or where that is kept. It is never printed. Up to 64 printable ASCII characters; SMPP itself has room for 8. */
  password: SettingSource;
  /** What the provider asks for in `system_type`. Default empty. */
  systemType?: string;
  /**
   * `transceiver` sends and takes receipts on one connection. `transmitter` only sends: for providers whose receipts come
   * another way. Default `transceiver`.
   */
  bind?: 'transceiver' | 'transmitter';
  /** The sender of messages that have no DLT registration. Default empty: the provider puts its own. */
  sourceAddress?: string;
  /** Type of number of the sender, 0 to 255. Default 5, alphanumeric. */
  sourceTon?: number;
  /** Numbering plan of the sender, 0 to 255. Default 0. */
  sourceNpi?: number;
  /** Type of number of the mobile, 0 to 255. Default 1, international: it is sent with its country code, without `+`. */
  destTon?: number;
  /** Numbering plan of the mobile, 0 to 255. Default 1, E.164. */
  destNpi?: number;
  /**
   * How many SMS may be under way at once, segments counted one by one: what the provider allows. More wait their turn.
   * 1 to 1,000. Default 10.
   */
  window?: number;
  /**
   * After so many seconds without a word from the provider it is asked for one (`enquire_link`); if it does not answer, the
   * connection is made anew. Below the time after which the provider hangs up. 1 to 600. Default 30.
   */
  enquireLinkSeconds?: number;
  /**
   * How long the provider may take to answer. A message without an answer is `unknown`, and never sent again. Also the time
   * to connect and to bind. Milliseconds, 100 to 60,000. Default 10,000.
   */
  responseTimeoutMs?: number;
  /** The pause before the second try to connect; it doubles from try to try. Milliseconds, 10 to 60,000. Default 500. */
  reconnectDelayMs?: number;
  /**
   * What that pause grows to. After a refused password it is this long at once, as providers lock accounts that go on
   * trying. Milliseconds, at least `reconnectDelayMs`, to 600,000. Default 30,000.
   */
  longestReconnectDelayMs?: number;
  /** The pause after a throttling answer; it doubles while they go on. Milliseconds, 10 to 60,000. Default 500. */
  throttlePauseMs?: number;
  /** What that pause grows to. Milliseconds, at least `throttlePauseMs`, to 600,000. Default 30,000. */
  longestThrottlePauseMs?: number;
  /** Whether to ask for delivery receipts. Default true; with `bind: 'transmitter'` they come another way. */
  receipts?: boolean;
  /**
   * How the provider names a message in its answer and in the receipt: `as-is` the same, `hex-in-answer` hexadecimal in the
   * answer and decimal in the receipt, `hex-in-receipt` the reverse. With the wrong one no receipt finds its message.
   * Default `as-is`.
   */
  messageIds?: MessageIdForm;
  /**
   * How the end of a code's life is told (`validity_period`): `relative` counts from now, `absolute` names the instant in
   * UTC, `none` leaves it out, and the provider may then deliver a code that has expired. Default `relative`.
   */
  validityPeriod?: ValidityForm;
  /**
   * A text of several SMS: `udh` sends each by itself with the header that joins them on the phone, `payload` sends it whole
   * (`message_payload`) and leaves that to the provider. Default `udh`.
   */
  longMessages?: 'udh' | 'payload';
  /** Where the provider wants the DLT registration. `null` sends none. Default as `DltOptions` says. */
  dlt?: DltOptions | null;
  /**
   * What the provider's own statuses mean, by status: `{ '0x0410': { reason: 'message', operatorCode: '633' } }`. Also
   * overrides the meaning of a status of SMPP. Default none.
   */
  statuses?: Readonly<Record<string, StatusOptions>>;
  /** For `ssmpp://`. The certificate is always verified, by the authorities that Node knows unless `ca` is given. */
  tls?: TlsOptions;
  /**
   * Is told of each change in the connection. What it throws is ignored. Default: a line on stderr.
   */
  onFault?: (fault: SmppFault) => void;
}

/** Tags are numbers or, for JSON, texts such as `'0x1400'`: 1 to 65535, no two of them the same. */
export interface DltOptions {
  /** Of the principal entity's id. Default 0x1400. */
  entityIdTag?: number | string;
  /** Of the content template's id. Default 0x1401. */
  templateIdTag?: number | string;
  /** Of the hash of the chain. Default 0x1402 if there are `telemarketerIds`, else `null`: it is not sent. */
  chainHashTag?: number | string | null;
  /** `c-string` ends each value with a NUL, `octets` does not. Default `octets`. */
  form?: 'octets' | 'c-string';
  /** The telemarketers from the one next to the entity to the one that delivers, as registered: 10 to 30 digits each. Default none. */
  telemarketerIds?: readonly string[];
}

export interface StatusOptions {
  /** Default: what SMPP says of the status; of one that it does not know, `message`. */
  reason?: 'message' | 'throttled' | 'unavailable';
  /** The operator's code for it: 1 to 32 letters, digits, `_`, `.` and `-`. Default: the name that SMPP has for it, or its number. */
  operatorCode?: string;
}

/** Texts in PEM, or where they are kept. */
export interface TlsOptions {
  /** The authorities to trust, in place of those that Node knows. */
  ca?: SettingSource;
  /** A certificate of this client, if the provider asks for one. With `key`. */
  cert?: SettingSource;
  key?: SettingSource;
  /** The name that the provider's certificate is for, if it is not the host in `url`. */
  servername?: string;
}
