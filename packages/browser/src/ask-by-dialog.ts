import type { OtpError } from './otp-error.ts';
import type { OtpSession } from './otp-session.ts';
import type { OtpTexts } from './texts.ts';

/** Asks in a modal dialog until the OTP is right or the dialog is closed. */
export async function askByDialog({ send, verify, signal }: OtpSession, texts: Partial<OtpTexts>): Promise<void> {
  const field = document.createElement('otp-input');
  field.texts = texts;
  // Not to the body, which some frameworks replace.
  document.documentElement.append(field);
  field.showModal();
  const attempt = async (work: () => Promise<unknown>): Promise<void> => {
    field.busy = true;
    await work().catch((error: OtpError) => (field.problem = error));
    field.busy = false;
  };
  const sendNew = (): void => void attempt(async () => (field.sent = await send()));
  sendNew();
  field.addEventListener('resend', sendNew);
  await new Promise((resolve) => {
    field.addEventListener('approve', () => void attempt(async () => verify(field.value).then(resolve)));
    field.addEventListener('close', resolve);
    signal.addEventListener('abort', resolve);
  });
  field.close();
  field.remove();
}
