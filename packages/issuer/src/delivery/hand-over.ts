import type { SmsMessage } from '../domain/sms-message.ts';
import type { SmsRefusal, SmsResult, SmsRoute } from '../domain/sms-route.ts';
import { IssuerError } from '../lib/errors.ts';
import { within } from '../lib/within.ts';

/** How one hand-over ended. */
export type HandedOver =
  | { readonly outcome: 'accepted' | 'unknown'; readonly messageId?: string }
  /** `error`: as it was thrown, or what the provider said. */
  | (SmsRefusal & { readonly error: unknown });

/** Hands a message to a route, once. Never rejects. */
export type HandOver = (route: SmsRoute, message: SmsMessage, timeoutMs: number) => Promise<HandedOver>;

const OPERATOR_CODE = /^[\w.-]{1,32}$/;
const MESSAGE_ID = /^[\x21-\x7e]{1,128}$/;

/** The operator's code, if it is one. */
export function operatorCodeOf(given: unknown): { readonly operatorCode?: string } {
  return typeof given === 'string' && OPERATOR_CODE.test(given) ? { operatorCode: given } : {};
}

/** The provider's id of a message, if it is one. */
export function messageIdOf(given: unknown): { readonly messageId?: string } {
  return typeof given === 'string' && MESSAGE_ID.test(given) ? { messageId: given } : {};
}

export const handOver: HandOver = async (route, message, timeoutMs) => {
  const controller = new AbortController();
  const attempt = async (): Promise<HandedOver> => {
    try {
      return readResult(await route.send(message, { signal: controller.signal }));
    } catch (error) {
      return { outcome: 'refused', reason: 'unavailable', error };
    }
  };
  // A transport may answer the abort by rejecting; by then the outcome is unknown, and no refusal of the provider's.
  return within(attempt(), timeoutMs, () => {
    controller.abort();
    return { outcome: 'unknown' };
  });
};

/** Whatever a transport resolves with: what is called neither accepted nor refused may have been accepted. */
function readResult(result: SmsResult | undefined): HandedOver {
  if (result?.outcome === 'refused') return readRefusal(result);
  return { outcome: result?.outcome === 'accepted' ? 'accepted' : 'unknown', ...messageIdOf(result?.messageId) };
}

function readRefusal(given: SmsRefusal): HandedOver {
  const reason = given.reason === 'message' || given.reason === 'throttled' ? given.reason : 'unavailable';
  const code = operatorCodeOf(given.operatorCode);
  const retryAfterMs = Number.isFinite(given.retryAfterMs) && Number(given.retryAfterMs) > 0;
  const said = code.operatorCode === undefined ? reason : `${reason}, code ${code.operatorCode}`;
  return {
    outcome: 'refused',
    reason,
    ...code,
    ...(retryAfterMs && { retryAfterMs: Number(given.retryAfterMs) }),
    error: new IssuerError('sms_refused', `The provider refused the SMS (${said}).`),
  };
}
