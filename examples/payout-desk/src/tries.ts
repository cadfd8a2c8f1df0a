import { randomUUID } from 'node:crypto';
import type { OtpClient } from '@verified-mobile/client';
import type { Sandbox } from '@verified-mobile/issuer/sandbox';
import { approveForCustomer, type SandboxCalls } from './customers-phone.ts';
import { PAYOUT } from './demo.ts';
import { createForger, type Forger } from './forger.ts';
import { createLastPayment, type LastPayment } from './last-payment.ts';
import type { PayoutCall, PayoutRequest, PayoutUrls } from './payout-calls.ts';

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
  /** A payment that is tried again from now on. */
  readonly remember: LastPayment['remember'];
  readonly isIssuerDown: () => boolean;
}

interface Means {
  readonly request: (service: keyof PayoutUrls, request: PayoutRequest) => Promise<TryAnswer>;
  readonly approve: () => Promise<string>;
  readonly last: LastPayment;
  readonly forger: Forger;
  readonly calls: SandboxCalls;
  readonly setIssuerDown: (isDown: boolean) => void;
}

type Try = (attempt: string) => Promise<readonly TryAnswer[]>;

/** What someone might try with a token, each as requests to the services. */
export function createTries({ client, sandbox, calls, pay, issuerUrl }: TriesSettings): Tries {
  let isIssuerDown = false;
  let before: Promise<unknown> = Promise.resolve();
  const request: Means['request'] = async (service, payout) => {
    const response = await pay(service, payout);
    const { code } = (await response.json()) as { code?: string };
    return { service, status: response.status, code };
  };
  const approve = async (): Promise<string> => approveForCustomer(client, calls, PAYOUT);
  const last = createLastPayment({
    clock: sandbox.guardOptions.clock,
    approve,
    pay: async (payment) => request('express', { ...payment, attempt: 'paid-for-you' }),
  });
  const forger = createForger(sandbox, issuerUrl);
  const setIssuerDown = (isDown: boolean): void => void (isIssuerDown = isDown);
  const means = { request, approve, last, forger, calls, setIssuerDown };
  const tries: Readonly<Record<string, Try>> = { ...replays(means), ...forgeries(means), ...controls(means) };
  return {
    names: Object.keys(tries),
    async run(name) {
      // One after the other: a second OTP for the customer would end the first.
      const turn = before.then(async () => tries[name]?.(name) ?? []);
      before = turn.catch(() => undefined);
      return turn;
    },
    remember: last.remember,
    isIssuerDown: () => isIssuerDown,
  };
}

/** A token that the customer approved, presented once more. */
function replays({ request, approve, last, calls }: Means): Record<string, Try> {
  const again = async (attempt: string): Promise<TryAnswer> =>
    request('express', { ...(await last.young()), attempt, idempotencyKey: randomUUID() });
  return {
    again: async (attempt) => [await again(attempt)],
    'on-koa': async (attempt) => [await request('koa', { ...(await last.young()), attempt })],
    'same-key': async (attempt) => [await request('express', { ...(await last.young()), attempt })],
    'other-amount': async (attempt) => {
      const payout = { ...PAYOUT, amount: PAYOUT.amount * 10 };
      return [await request('express', { ...(await last.young()), attempt, payout })];
    },
    'five-minutes': async (attempt) => {
      const payment = await last.young();
      await calls.advanceClock(301);
      return [await request('express', { ...payment, attempt, idempotencyKey: randomUUID() })];
    },
    'two-tabs': async (attempt) => {
      const token = await approve();
      const tab = async (): Promise<TryAnswer> =>
        request('express', { attempt, token, payout: PAYOUT, idempotencyKey: randomUUID() });
      return Promise.all([tab(), tab()]);
    },
  };
}

function forgeries({ request, forger, setIssuerDown }: Means): Record<string, Try> {
  return {
    forged: async (attempt) => [await request('express', { attempt, token: await forger.forged(), payout: PAYOUT })],
    'issuer-down': async (attempt) => {
      setIssuerDown(true);
      // The services judge tokens of the keys that they have by themselves.
      return [await request('express', { attempt, token: forger.ofUnknownKey(), payout: PAYOUT })];
    },
  };
}

function controls({ last, calls, setIssuerDown }: Means): Record<string, Try> {
  return {
    'issuer-up': async () => {
      setIssuerDown(false);
      return [];
    },
    'start-over': async () => {
      setIssuerDown(false);
      last.forget();
      await calls.reset();
      return [];
    },
  };
}
