/** What a token is refused for by itself. The list is closed. */
export type TokenRefusalCode = 'otp_token_invalid' | 'otp_token_expired' | 'transaction_mismatch';

/** Finer than the code, for events and logs. Constants only: no reason ever quotes what a caller sent. */
export type TokenRefusalReason =
  | 'shape'
  | 'issuer'
  | 'algorithm'
  | 'critical-header'
  | 'signature'
  | 'audience'
  | 'dates'
  | 'not-yet-valid'
  | 'dates-in-milliseconds'
  | 'token-id'
  | 'mobile'
  | 'transaction-hashes'
  | 'expired'
  | 'other-transaction'
  | 'transaction-not-approved'
  | 'transaction-not-checked';

/** A refusal as data: the code that the caller is told, and the reason that only operators are told. */
export interface Refused<Code, Reason> {
  readonly outcome: 'refused';
  readonly code: Code;
  readonly reason: Reason;
}

export type TokenRefused = Refused<TokenRefusalCode, TokenRefusalReason>;

export function refused<const Code extends string, const Reason extends string>(
  code: Code,
  reason: Reason,
): Refused<Code, Reason> {
  return { outcome: 'refused', code, reason };
}
