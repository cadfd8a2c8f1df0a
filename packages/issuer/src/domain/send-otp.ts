import { randomBytes } from 'node:crypto';
import { ATTEMPTS_ALLOWED, challengeKey, CODE_LIFETIME_MS, codeMacFor } from './challenge.ts';
import { generateCode, otpText } from './otp-code.ts';
import type { Ports } from './ports.ts';

export interface SendOtp {
  tenant: string;
  /** E.164. */
  mobile: string;
  clientRefId: string;
  senderSignature: string;
}

/** `expiresAt` in milliseconds since the epoch. */
export type SendOtpResult = { sent: true; expiresAt: number } | { sent: false };

/** Sends a new code. From then on it is the only one that this mobile can be verified with. */
export async function sendOtp(request: SendOtp, ports: Ports): Promise<SendOtpResult> {
  const code = generateCode();
  const id = randomBytes(16).toString('base64url');
  const codeMac = codeMacFor(ports.pepper, request, id, code);

  // Before the challenge is stored: an SMS that nobody accepted must not kill the code the customer already holds.
  try {
    await ports.sendSms({ to: request.mobile, text: otpText(code, request.senderSignature) });
  } catch (error) {
    ports.reportFault({ during: 'send-sms', error });
    return { sent: false };
  }

  const now = ports.now();
  const expiresAt = now + CODE_LIFETIME_MS;
  const key = challengeKey(request);
  const { clientRefId } = request;
  await ports.challengeStore.replace(
    { key, id, codeMac, clientRefId, attemptsAllowed: ATTEMPTS_ALLOWED, expiresAt },
    now,
  );
  return { sent: true, expiresAt };
}
