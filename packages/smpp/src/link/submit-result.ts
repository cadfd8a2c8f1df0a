import type { SmsRefusal } from '@verified-mobile/issuer';

/** What came of one `submit_sm`. */
export type SubmitResult =
  | { readonly outcome: 'accepted'; readonly messageId: string }
  /** It was handed to the socket, and no answer came. */
  | { readonly outcome: 'unanswered' }
  /** By the provider, or it was never handed to the socket. */
  | SmsRefusal;

export const UNANSWERED: SubmitResult = { outcome: 'unanswered' };

/** Its text is worth nothing any more. */
export const EXPIRED: SubmitResult = { outcome: 'refused', reason: 'message', operatorCode: 'expired' };

/** @param retryAfterMs 0: not known */
export function refused(reason: SmsRefusal['reason'], retryAfterMs: number, operatorCode?: string): SmsRefusal {
  return {
    outcome: 'refused',
    reason,
    ...(operatorCode === undefined ? {} : { operatorCode }),
    ...(retryAfterMs > 0 ? { retryAfterMs: Math.ceil(retryAfterMs) } : {}),
  };
}
