import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type Challenge, CODE_LIFETIME_MS } from '../domain/challenge.ts';
import type { ConversionGuard, Limits } from '../domain/limits.ts';
import type { Quotas } from '../domain/quotas.ts';
import type {
  AttemptDecision,
  ChallengeConsumptionResult,
  OtpStore,
  SendDecision,
  SendReservation,
  SendWait,
} from '../domain/otp-store.ts';

/** Adds one case to the suite; `store` asks another node with every call. */
export type AddCase = (title: string, body: (store: OtpStore) => Promise<void>) => void;

/** When every case begins. */
export const START: number = Date.parse('2026-05-22T10:29:04.250Z');
export const TODAY = '2026-05-22';
const THIS_MONTH = '2026-05';

/** For cases about something else than limits. */
export const UNLIMITED: Limits = {
  cooldownSeconds: [0],
  sendsPerHour: 1000,
  sendsPerDay: 1000,
  attemptsPerCode: 5,
  failuresBeforeWait: 100,
  failuresBeforeStop: 100,
};

const MANY = { perMinute: 1_000_000, perHour: 1_000_000, perDay: 1_000_000 };
export const NO_QUOTAS: Quotas = { account: MANY, agent: MANY };

const NO_GUARD: ConversionGuard = { minimumSends: 1_000_000, minimumShare: 0, secondsBetweenSends: 1 };

/** One mobile at one account, in a session without a name, and an agent of the account. */
export type Customer = Pick<SendReservation, 'subject' | 'session' | 'mobile' | 'prefix' | 'account' | 'agent'>;

/** Of whom the store has never heard. */
export function newCustomer(changes: Partial<Customer> = {}): Customer {
  return {
    subject: newKey(),
    session: '',
    mobile: newKey(),
    prefix: newKey(),
    account: newKey(),
    agent: newKey(),
    ...changes,
  };
}

export function newKey(): string {
  return randomBytes(16).toString('base64url');
}

/** Of a code that is reserved at that instant. */
export function newSend(
  customer: Customer,
  changes: Partial<SendReservation> = {},
  now: number = START,
): SendReservation {
  return {
    ...customer,
    day: TODAY,
    month: THIS_MONTH,
    challenge: newChallenge(changes.limits ?? UNLIMITED, now),
    tid: String(1_000_000_000 + randomBytes(3).readUIntBE(0, 3)),
    limits: UNLIMITED,
    quotas: NO_QUOTAS,
    sendsPerMobileAndDay: 1000,
    openSendsPerMobileAndDay: 1000,
    conversionGuard: NO_GUARD,
    accountConversionGuard: NO_GUARD,
    ...changes,
  };
}

/** Its reference holds every character that a store could split at. */
export function newChallenge(limits: Limits, now: number): Challenge {
  return {
    id: newKey(),
    codeMac: randomBytes(32).toString('base64url'),
    clientRefId: `1|2;3,4:5 "6" '7' \\8 {9}`,
    transactionHash: '',
    attemptsAllowed: limits.attemptsPerCode,
    expiresAt: now + CODE_LIFETIME_MS,
  };
}

/** Reserves and commits a send, which nothing may refuse. */
export async function sendCode(
  store: OtpStore,
  customer: Customer,
  now: number,
  changes: Partial<SendReservation> = {},
): Promise<Challenge> {
  const send = await beginSend(store, customer, now, changes);
  assert.deepEqual(await store.commitSend(send, now), { outcome: 'committed' });
  return send.challenge;
}

/** Reserves a send, which nothing may refuse. Its code is pending. */
export async function beginSend(
  store: OtpStore,
  customer: Customer,
  now: number,
  changes: Partial<SendReservation> = {},
): Promise<SendReservation> {
  const send = newSend(customer, changes, now);
  assert.deepEqual(await store.reserveSend(send, now), { outcome: 'reserved' });
  return send;
}

export async function attempt(
  store: OtpStore,
  { account, subject, session }: Customer,
  now: number,
  changes: Partial<Limits> = {},
): Promise<AttemptDecision> {
  return store.countAttempt({ account, subject, session, limits: { ...UNLIMITED, ...changes } }, now);
}

/** The decision on an attempt that may compare with these, and that has no consequence if it is wrong. */
export function compares(...challenges: readonly Challenge[]): AttemptDecision {
  return { outcome: 'compare', challenges, waitMs: 0, stops: false };
}

/** What the attempt is told: the reason of its refusal, or `compare`. */
export async function verdictOf(decision: Promise<AttemptDecision>): Promise<string> {
  const decided = await decision;
  return decided.outcome === 'refused' ? decided.reason : decided.outcome;
}

export async function consume(
  store: OtpStore,
  { subject, session, prefix, account }: Customer,
  challenge: Challenge,
  now: number,
  sealedAnswer: string = 'the answer',
): Promise<ChallengeConsumptionResult> {
  return store.consume({ subject, session, prefix, account, day: TODAY, challenge, sealedAnswer }, now);
}

export async function reserve(
  store: OtpStore,
  customer: Customer,
  now: number,
  changes: Partial<SendReservation> = {},
): Promise<SendDecision> {
  return store.reserveSend(newSend(customer, changes, now), now);
}

/** The decision on a send that must wait. */
export function refused(reason: SendWait, retryAfterMs: number): SendDecision {
  return { outcome: 'refused', reason, retryAfterMs };
}
