import type { HandOver, SendCode } from '../domain/ports.ts';
import { within } from '../lib/within.ts';
import { otpMessage } from './otp-text.ts';
import type { SmsResult, SmsTransport } from './sms-transport.ts';

const MESSAGE_ID = /^[\x21-\x7e]{1,128}$/;

/** Words each code as its SMS and hands that to the transport. What the transport does after its deadline is ignored. */
export function codeSender(sendSms: SmsTransport, timeoutMs: number): SendCode {
  return async (message) => {
    // A transport may answer the abort by rejecting; by then the outcome is unknown, and no refusal of the provider's.
    const controller = new AbortController();
    const handed = (async () => handOverOf(await sendSms(otpMessage(message), { signal: controller.signal })))();
    return within(handed, timeoutMs, () => {
      controller.abort();
      return { outcome: 'unknown' };
    });
  };
}

/** Whatever a transport resolves with: what is not called accepted may still have been. */
function handOverOf(result: Partial<SmsResult> | undefined): HandOver {
  const { outcome, messageId } = result ?? {};
  const named = typeof messageId === 'string' && MESSAGE_ID.test(messageId) ? { messageId } : {};
  return { outcome: outcome === 'accepted' ? 'accepted' : 'unknown', ...named };
}
