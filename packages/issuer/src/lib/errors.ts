/** What went wrong, for code that must tell one fault from another. The list is closed. */
export type IssuerErrorCode =
  /** An option is missing, contradictory, weak or unknown. Thrown while building, never while serving. */
  | 'invalid_configuration'
  /** The port is taken, or this process may not listen on it. */
  | 'cannot_listen'
  /** The memory store holds as many mobiles as it may, or as one account may. */
  | 'store_full'
  /** The store was not reached, was late, or answered nonsense. */
  | 'store_unavailable'
  /** The provider has not accepted an SMS, and will not send it. */
  | 'sms_refused'
  /** A text is not what its account has registered on DLT, and was not sent. */
  | 'template_mismatch'
  /** The connection of a route to its provider does not work. */
  | 'route_fault'
  /** As many SMS wait for a route as the outbox holds. */
  | 'queue_full'
  /** The issuer was told to drain: it answers, and takes nothing new. */
  | 'draining'
  /** A part gave `/ready`, or a provider's request, no answer in time; or no route can hand over an SMS. */
  | 'not_ready'
  /** The ledger cannot be written or read. */
  | 'ledger_unavailable'
  /** Entries that were written are not in the ledger any more. It goes on, and the gap stays visible. */
  | 'ledger_damaged'
  /** Another process writes the same chain. Nothing is lost, but each waits for the other. */
  | 'ledger_shared';

/** The one error class of this package. Messages name the setting and the remedy; they never hold a key, a code or a token. */
export class IssuerError extends Error {
  override readonly name = 'IssuerError';
  readonly code: IssuerErrorCode;

  constructor(code: IssuerErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Refuses a setting: what is wrong, then what to do about it. */
export function misconfigured(message: string, options?: { cause?: unknown }): IssuerError {
  return new IssuerError('invalid_configuration', message, options);
}
