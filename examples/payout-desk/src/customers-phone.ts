import { OtpApiError, type OtpClient } from '@verified-mobile/client';
import { CUSTOMER, transactionOf, type Payout } from './demo.ts';

/** The sandbox as programs see it: over HTTP. */
export interface SandboxCalls {
  readonly newestSms: () => Promise<string>;
  readonly advanceClock: (seconds: number) => Promise<void>;
  readonly reset: () => Promise<void>;
}

export function sandboxCalls(issuerUrl: string): SandboxCalls {
  const post = async (path: string, body: object): Promise<void> => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(issuerUrl + path, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}.`);
  };
  return {
    async newestSms() {
      const answer = await fetch(`${issuerUrl}/sandbox/messages?mobile=${CUSTOMER.mobile}`);
      const { messages } = (await answer.json()) as { messages: { text: string }[] };
      const [newest] = messages;
      if (newest === undefined) throw new Error('The sandbox has no SMS for the customer.');
      return newest.text;
    },
    advanceClock: async (advanceSeconds) => post('/sandbox/clock', { advanceSeconds }),
    reset: async () => post('/sandbox/reset', {}),
  };
}

/** Sends an OTP for the payout, reads the SMS and verifies it, as the customer would: returns the token, not spent yet. */
export async function approveForCustomer(client: OtpClient, sandbox: SandboxCalls, payout: Payout): Promise<string> {
  const transaction = { ...transactionOf(payout)! };
  const send = async (): Promise<unknown> => client.sendOtp({ ...CUSTOMER, transaction });
  await send().catch(async (error: unknown) => {
    if (!(error instanceof OtpApiError) || error.code !== 'otp_wait') throw error;
    // The pause between two sends: in the sandbox it need not be waited for.
    await sandbox.advanceClock(error.retryAfterSeconds ?? 30);
    await send();
  });
  const otp = (await sandbox.newestSms()).slice(0, 6);
  return (await client.verifyOtp({ mobile: CUSTOMER.mobile, otp })).token;
}
