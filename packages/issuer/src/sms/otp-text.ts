import type { CodeMessage } from '../domain/ports.ts';
import type { SmsMessage } from '../domain/sms-message.ts';

/** Of an account that names none. */
export const SANDBOX_SENDER_SIGNATURE = 'Eko India';

/** In the place of a value, as templates are registered (TRAI). */
const VARIABLE = '{#var#}';

/** The SMS, word for word as registered: an operator drops a text that differs from its DLT template. */
export function otpMessage({
  mobile,
  code,
  account,
  senderSignature,
  transaction,
  challenge,
}: CodeMessage): SmsMessage {
  const common = { to: mobile, account, challengeId: challenge.id, expiresAt: challenge.expiresAt };
  const signed = (words: string): string => `${words}\n- ${senderSignature}`;
  if (transaction === undefined) {
    const words = (otp: string): string => signed(`${otp} is the OTP to verify your mobile number.`);
    return { ...common, purpose: 'mobile-verification', text: words(code), template: words(VARIABLE) };
  }
  const { amount, currency = 'INR', payee } = transaction;
  const words = (otp: string, unit: string, sum: string, to: string): string =>
    signed(`${otp} is the OTP to pay ${unit} ${sum} to ${to}.`);
  const template = words(VARIABLE, VARIABLE, VARIABLE, VARIABLE);
  return {
    ...common,
    purpose: 'transaction-approval',
    text: words(code, currency, String(amount), payee),
    template,
  };
}
