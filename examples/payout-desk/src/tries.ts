import { randomUUID } from 'node:crypto';
import { createTestIssuer } from '@verified-mobile/core/testing';
import type { OtpClient } from '@verified-mobile/client';
import { SANDBOX_CREDENTIALS, type Sandbox } from '@verified-mobile/issuer/sandbox';
import { approveForCustomer, type SandboxCalls } from './customers-phone.ts';
import { CUSTOMER, PAYOUT } from './demo.ts';
import type { PayoutCall, PayoutRequest, PayoutUrls } from './payout-calls.ts';

/** A payout that was made, with what made it. Kept here and not in the browser: what reads the page reads no token. */
export interface Payment {
  readonly token: string;
  readonly idempotencyKey: string;
  readonly payout: unknown;
}

export interface TriesSettings {
  readonly client: OtpClient;
  readonly sandbox: Sandbox;
  readonly calls: SandboxCalls;
  readonly pay: PayoutCall;
  readonly issuerUrl: string;
}

export interface TryAnswer {
  readonly service: keyof PayoutUrls;
  readonly status: number;
  readonly code?: string | undefined;
}

export interface Tries {
  readonly names: readonly string[];
  /** @throws {OtpApiError} if there is no payment to try again and, the issuer being down, none can be made */
  readonly run: (name: string) => Promise<readonly TryAnswer[]>;
  /** The payment that is tried again. */
  readonly remember: (payment: Payment) => void;
  readonly isIssuerDown: () => boolean;
}

/** Shorter than a token's five minutes, by the time that a try takes. */
const YOUNG_MS = 290_000;

/** What someone might try with a token, each as requests to the services. */
export function createTries({ client, sandbox, calls, pay, issuerUrl }: TriesSettings): Tries {
  const { clock } = sandbox.guardOptions;
  let last: (Payment & { readonly at: number }) | undefined;
  let isIssuerDown = false;
  const remember = (payment: Payment): void => void (last = { ...payment, at: clock() });

  const send = async (service: keyof PayoutUrls, request: PayoutRequest): Promise<TryAnswer> => {
    const response = await pay(service, request);
    const { code } = (await response.json()) as { code?: string };
    return { service, status: response.status, code };
  };
  const freshToken = async (): Promise<string> => approveForCustomer(client, calls, PAYOUT);
  /** The page's own payment, or one made for the customer if that is missing or old. */
  const paid = async (): Promise<Payment> => {
    if (last !== undefined && clock() - last.at < YOUNG_MS) return last;
    const payment = { token: await freshToken(), idempotencyKey: randomUUID(), payout: PAYOUT };
    await send('express', { ...payment, attempt: 'paid-for-you' });
    remember(payment);
    return payment;
  };
  const forged = (kid: string): string => {
    const forger = createTestIssuer({ issuer: issuerUrl, audience: SANDBOX_CREDENTIALS.audience, clock });
    return forger.mint({ header: { kid }, claims: { mobile: CUSTOMER.mobile } });
  };

  const tries: Readonly<Record<string, (attempt: string) => Promise<readonly TryAnswer[]>>> = {
    again: async (attempt) => [await send('express', { ...(await paid()), attempt, idempotencyKey: randomUUID() })],
    'on-koa': async (attempt) => [await send('koa', { ...(await paid()), attempt })],
    'other-amount': async (attempt) => {
      const payout = { ...PAYOUT, amount: PAYOUT.amount * 10 };
      return [await send('express', { ...(await paid()), attempt, payout })];
    },
    'two-tabs': async (attempt) => {
      const token = await freshToken();
      const tab = async (): Promise<TryAnswer> =>
        send('express', { attempt, token, payout: PAYOUT, idempotencyKey: randomUUID() });
      return Promise.all([tab(), tab()]);
    },
    'five-minutes': async (attempt) => {
      const payment = await paid();
      await calls.advanceClock(301);
      return [await send('express', { ...payment, attempt, idempotencyKey: randomUUID() })];
    },
    forged: async (attempt) => [
      await send('express', { attempt, token: forged(await publishedKid(sandbox, issuerUrl)), payout: PAYOUT }),
    ],
    'same-key': async (attempt) => [await send('express', { ...(await paid()), attempt })],
    'issuer-down': async (attempt) => {
      isIssuerDown = true;
      // Of a key that the services have not fetched, as after a rotation: those of keys they know they judge alone.
      return [await send('express', { attempt, token: forged(randomUUID()), payout: PAYOUT })];
    },
    'issuer-up': async () => {
      isIssuerDown = false;
      return [];
    },
    'start-over': async () => {
      isIssuerDown = false;
      last = undefined;
      await calls.reset();
      return [];
    },
  };
  return {
    names: Object.keys(tries),
    run: async (name) => tries[name]?.(name) ?? [],
    remember,
    isIssuerDown: () => isIssuerDown,
  };
}

async function publishedKid(sandbox: Sandbox, issuerUrl: string): Promise<string> {
  const answer = await sandbox.fetch(new Request(`${issuerUrl}/.well-known/jwks.json`));
  const { keys } = (await answer.json()) as { keys: { kid: string }[] };
  return keys[0]!.kid;
}
