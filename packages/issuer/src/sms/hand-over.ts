import type { HandOver, SendCode } from '../domain/ports.ts';
import type { SmsRefusal, SmsResult, SmsTransport } from '../domain/sms-route.ts';
import { IssuerError } from '../lib/errors.ts';
import { within } from '../lib/within.ts';

const OPERATOR_CODE = /^[\w.-]{1,32}$/;
const MESSAGE_ID = /^[\x21-\x7e]{1,128}$/;

/** Hands each SMS to the transport. What the transport does after its deadline is ignored. */
export function codeSender(sendSms: SmsTransport, timeoutMs: number): SendCode {
  return async (message) => {
    // A transport may answer the abort by rejecting; by then the outcome is unknown, and no refusal of the provider's.
    const controller = new AbortController();
    const handed = (async () => handOverOf(await sendSms(message, { signal: controller.signal })))();
    return within(handed, timeoutMs, () => {
      controller.abort();
      return { outcome: 'unknown' };
    });
  };
}

/** Whatever a transport resolves with: what is called neither accepted nor refused may have been accepted. */
function handOverOf(result: SmsResult | undefined): HandOver {
  if (result?.outcome === 'refused') throw refusedBy(result);
  const messageId: unknown = result?.messageId;
  const named = typeof messageId === 'string' && MESSAGE_ID.test(messageId) ? { messageId } : {};
  return { outcome: result?.outcome === 'accepted' ? 'accepted' : 'unknown', ...named };
}

function refusedBy({ reason, operatorCode }: SmsRefusal): IssuerError {
  const code = operatorCode !== undefined && OPERATOR_CODE.test(operatorCode) ? `, code ${operatorCode}` : '';
  return new IssuerError('sms_refused', `The provider refused the SMS (${reason}${code}).`);
}
