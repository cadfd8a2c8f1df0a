/** Every way a request can be refused. The list is closed. */
export type RefusalCode =
  | 'otp_token_missing'
  | 'otp_token_ambiguous'
  | 'otp_token_invalid'
  | 'otp_token_expired'
  | 'otp_token_used'
  | 'mobile_mismatch'
  | 'transaction_mismatch'
  | 'guard_unavailable';

/** Why a request was refused: the code that the caller is told, and the reason that only operators are told. */
export interface Failure {
  readonly code: RefusalCode;
  readonly reason: RefusalReason;
}

/** Finer than the code, for events and logs. Constants only: no reason ever quotes what a caller sent. */
export type RefusalReason =
  | 'no-token'
  | 'several-tokens'
  | 'shape'
  | 'issuer'
  | 'algorithm'
  | 'critical-header'
  | 'signature'
  | 'audience'
  | 'dates'
  | 'not-yet-valid'
  | 'token-id'
  | 'mobile'
  | 'transaction-hashes'
  | 'expired'
  | 'fenced'
  | 'used'
  | 'no-expected-mobile'
  | 'other-mobile'
  | 'other-transaction'
  | 'transaction-not-approved'
  | 'transaction-not-checked'
  | 'keys-unavailable'
  | 'store-unavailable';

export function failed(code: RefusalCode, reason: RefusalReason): Failure {
  return { code, reason };
}
