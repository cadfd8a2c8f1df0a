import type { Transaction } from '../domain/otp-code.ts';
import type { SendCode } from '../domain/ports.ts';
import type { SmsTransport } from './sms-transport.ts';

/** Of an account that names none. */
export const SANDBOX_SENDER_SIGNATURE = 'Eko India';

/** Words each code as its SMS, and hands that to the transport. */
export function codeSender(sendSms: SmsTransport): SendCode {
  return async ({ mobile, code, senderSignature, transaction }) =>
    sendSms({ to: mobile, text: otpText(code, senderSignature, transaction) });
}

/** The SMS, word for word as registered: an operator drops a text that differs from its DLT template. */
function otpText(code: string, senderSignature: string, transaction: Transaction | undefined): string {
  if (transaction === undefined) return `${code} is the OTP to verify your mobile number.\n- ${senderSignature}`;
  const { amount, currency = 'INR', payee } = transaction;
  return `${code} is the OTP to pay ${currency} ${amount} to ${payee}.\n- ${senderSignature}`;
}
