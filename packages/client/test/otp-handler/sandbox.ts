import { createOtpClient, type OtpClient, type OtpClientOptions, type OtpCustomer } from '@verified-mobile/client';
import { type GuardOptions, jwks } from '@verified-mobile/core';
import { isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { serve } from '@verified-mobile/issuer/node';
import { createSandbox, type InboxMessage, SANDBOX_CREDENTIALS } from '@verified-mobile/issuer/sandbox';

const ISSUER = 'http://sandbox.test';

/** The sandbox of the real issuer on a port, and the settings of those who use it, all on one clock. */
export interface ServedSandbox {
  readonly clock: { now: number };
  readonly client: (changes?: Partial<OtpClientOptions>) => OtpClient;
  readonly guardOptions: <Request>() => GuardOptions<Request>;
  /** The SMS to a mobile, newest first. */
  readonly messages: (mobile: string) => Promise<readonly InboxMessage[]>;
  /** The code of the newest one. */
  readonly newestCode: (mobile: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

export async function serveSandbox(): Promise<ServedSandbox> {
  const clock = { now: Date.now() };
  const sandbox = createSandbox({ publicUrl: ISSUER, clock: () => clock.now });
  const { url, close } = await serve(sandbox.fetch, { port: 0, hostname: '127.0.0.1' });
  const { developerKey, accessKey, initiatorId, audience } = SANDBOX_CREDENTIALS;
  const messages = async (mobile: string): Promise<readonly InboxMessage[]> => {
    const response = await fetch(`${url}/sandbox/messages?mobile=${mobile}`);
    return ((await response.json()) as { messages: InboxMessage[] }).messages;
  };
  return {
    clock,
    client: (changes) =>
      createOtpClient({
        developerKey,
        accessKey,
        initiatorId,
        baseUrl: `${url}/ekoapi/v3`,
        clock: () => clock.now,
        ...changes,
      }),
    guardOptions: () => ({
      issuers: { issuer: ISSUER, audience, keys: jwks(`${url}/.well-known/jwks.json`) },
      replayStore: isolatedMemoryReplayStore({ clock: () => clock.now }),
      clock: () => clock.now,
    }),
    messages,
    newestCode: async (mobile) => /\b[0-9]{6}\b/.exec((await messages(mobile))[0]?.text ?? '')?.[0] ?? 'no SMS',
    close,
  };
}

export interface Payout {
  readonly amount: number;
  readonly payee: string;
}

/** What a payout is about, for the SMS and for the guard alike; none if it is no payout. */
export function transactionOf(payout: unknown): Payout | undefined {
  const { amount, payee } = Object(payout) as Partial<Payout>;
  return typeof amount === 'number' && typeof payee === 'string' ? { amount, payee } : undefined;
}

/** The session of the customer whose mobile the cookie names: tests need many customers. */
export function customerOf(cookie: string | null | undefined): OtpCustomer | undefined {
  if (cookie === 'session=broken') throw new Error('session store down');
  const [, mobile] = /^session=([0-9]{10})$/.exec(cookie ?? '') ?? [];
  return mobile === undefined ? undefined : { mobile, cspId: SANDBOX_CREDENTIALS.cspId };
}
