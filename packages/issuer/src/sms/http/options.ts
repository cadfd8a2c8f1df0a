import type { SmsReceipt } from '../../domain/sms-route.ts';
import type { IssuerError } from '../../lib/errors.ts';
import type { Variables } from '../../lib/read-setting.ts';

/** A text, or the name of the environment variable that holds it: `{ env: 'SMS_KEY' }`, also as `SMS_KEY_FILE`. */
export type TextOrVariable = string | { readonly env: string };

/** Any JSON, with placeholders in its strings. */
export type JsonTemplate =
  | string
  | number
  | boolean
  | null
  | readonly JsonTemplate[]
  | { readonly [name: string]: JsonTemplate };

/** Where in an answer a value is: a path into its JSON (`messages.0.id`), or the first group of a pattern. */
export type AnswerValue = string | { readonly pattern: string };

/**
 * Which answers say that the provider has the SMS: one of the statuses, and what the body must say. `anyBody: true` goes by
 * the status alone: for a provider whose answer to an accepted SMS says nothing.
 */
export type Accepted = { readonly status?: readonly number[] } & (
  | { readonly path: string; readonly oneOf: readonly (string | number | boolean)[] }
  | { readonly pattern: string }
  | { readonly anyBody: true }
  /** The body holds `messageId`. */
  | { readonly path?: never }
);

/** HTTP statuses as numbers, codes of the provider as strings. */
export type Refusals = readonly (number | string)[];

export interface Refused {
  /** Where the code of an error is. An answer that has one is a refusal of the SMS unless a list below says otherwise. */
  readonly code?: AnswerValue;
  /** This SMS is wrong, and would be again. */
  readonly message?: Refusals;
  /** The provider takes no more at the moment. 429 always means so. */
  readonly throttled?: Refusals;
  /** The account or the provider does not work: another route may. 401, 403, 404, 405, 407 and redirects always mean so. */
  readonly unavailable?: Refusals;
  /** Codes after which the SMS may be sent all the same. */
  readonly unknown?: Refusals;
}

export interface ReceiptOptions {
  /** What the provider's requests carry, at least 16 characters. */
  readonly secret: TextOrVariable;
  /** Where they carry it. */
  readonly in: 'header' | 'query';
  /** Name of that header or query parameter. */
  readonly name: string;
  /** Where the receipt is: in a JSON body (the default), in a form, or in the query. */
  readonly from?: 'json' | 'form' | 'query';
  /** Path of the list, if one request brings several receipts; `$` if the body itself is the list. */
  readonly many?: string;
  readonly messageId: string;
  readonly status: string;
  /** What each status means. One that is missing here is answered, and changes nothing. */
  readonly statuses: Readonly<Record<string, SmsReceipt['status']>>;
  readonly operatorCode?: string;
  /** What the provider expects in return. Default 200 without a body. */
  readonly answer?: { readonly status?: number; readonly body?: string; readonly contentType?: string };
}

/**
 * How one provider's HTTP API is called. In every text `${NAME}` is the environment variable NAME. In `headers` and the body,
 * `{{…}}` is a value of the SMS: `to` (E.164), `to.national` (ten digits), `to.digits` (91…), `text`, `challengeId`,
 * `purpose`, `expiresInSeconds`, `dlt.entityId`, `dlt.header`, `dlt.headerId`, `dlt.templateId`, `dlt.category` and
 * `dlt.chainHash`. An SMS that lacks a value is refused.
 */
export interface HttpSmsOptions {
  /** Names the route in events, metrics and paths: 1 to 32 lower-case letters, digits and `-`. */
  readonly name: string;
  /** https, or http on a loopback address. */
  readonly url: string;
  /** Default `POST`; `GET` takes a `query`. */
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly headers?: Readonly<Record<string, TextOrVariable>>;
  readonly basicAuth?: { readonly username: TextOrVariable; readonly password: TextOrVariable };
  /** One of `json`, `form` and `query`. */
  readonly json?: JsonTemplate;
  readonly form?: Readonly<Record<string, TextOrVariable>>;
  readonly query?: Readonly<Record<string, TextOrVariable>>;
  /**
   * A header by which the provider knows a request that it has had, such as `Idempotency-Key`. It carries the challenge's
   * id. A request that was lost on a connection kept open is then repeated once; without it the outcome is unknown.
   */
  readonly idempotencyHeader?: string;
  /** Of the chain from the entity to the operator, in order: for `{{dlt.chainHash}}`. */
  readonly telemarketerIds?: readonly string[];
  readonly accepted: Accepted;
  /** Where the provider's id of the SMS is. */
  readonly messageId?: AnswerValue;
  readonly refused?: Refused;
  readonly receipts?: ReceiptOptions;
  /** For the whole exchange: then the outcome is unknown. Milliseconds, 1 to 30,000, default 4,500. */
  readonly timeoutMs?: number;
  /** For the connection: then nothing was sent, and another route may be tried. Milliseconds, 1 to 30,000, default 2,000. */
  readonly connectTimeoutMs?: number;
  /** How many SMS may be under way at once. 1 to 1,000, default 50. */
  readonly window?: number;
  /** Certificates in PEM to trust instead of the public ones: for a gateway of your own. */
  readonly ca?: TextOrVariable;
  /** Where `${NAME}` and `{ env }` are looked up. Default `process.env`. */
  readonly variables?: Variables;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly clock?: () => number;
  /**
   * Told why an outcome is `unknown` or a refusal `unavailable`, in words for the operator; they hold no secret and nothing of
   * the SMS. Default: one line on standard error.
   */
  readonly onFault?: (error: IssuerError) => void;
}
