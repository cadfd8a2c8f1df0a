import type { Refused, TokenRefusalCode, TokenRefusalReason } from '../token/refusal.ts';

/** Every way a request can be refused. The list is closed. */
export type RefusalCode =
  | TokenRefusalCode
  | 'otp_token_missing'
  | 'otp_token_ambiguous'
  | 'otp_token_used'
  | 'mobile_mismatch'
  | 'guard_unavailable';

/** Why, finer than the code, for events and logs. Constants only: no reason ever quotes what a caller sent. */
export type RefusalReason =
  | TokenRefusalReason
  | 'no-token'
  | 'body-not-parsed'
  | 'several-tokens'
  | 'fenced'
  | 'used'
  | 'second-guard'
  | 'no-expected-mobile'
  | 'other-mobile'
  | 'keys-unavailable'
  | 'clock-in-doubt'
  | 'store-unavailable';

export type RequestRefused = Refused<RefusalCode, RefusalReason>;
