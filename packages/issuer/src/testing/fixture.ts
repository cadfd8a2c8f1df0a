import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type Challenge, CODE_LIFETIME_MS } from '../domain/challenge.ts';
import type { ConversionGuard, Limits } from '../domain/limits.ts';
import type { AttemptDecision, ChallengeConsumptionResult, OtpStore, SendReservation } from '../domain/otp-store.ts';

/** Adds one case to the suite; `store` asks another node with every call. */
export type AddCase = (title: string, body: (store: OtpStore) => Promise<void>) => void;

/** When every case begins. */
export const START: number = Date.parse('2026-05-22T10:29:04.250Z');
export const TODAY = '2026-05-22';

/** For cases about something else than limits. */
export const UNLIMITED: Limits = {
  cooldownSeconds: [0],
  sendsPerHour: 1000,
  sendsPerDay: 1000,
  attemptsPerCode: 5,
  failuresBeforeWait: 100,
  failuresBeforeStop: 100,
};

const NO_GUARD: ConversionGuard = { minimumSends: 1_000_000, minimumShare: 0, secondsBetweenSends: 1 };

/** One mobile at one account. */
export type Customer = Pick<SendReservation, 'subject' | 'mobile' | 'prefix' | 'account'>;

/** Of whom the store has never heard. */
export function newCustomer(changes: Partial<Customer> = {}): Customer {
  return { subject: newKey(), mobile: newKey(), prefix: newKey(), account: newKey(), ...changes };
}

export function newKey(): string {
  return randomBytes(16).toString('base64url');
}

export function newSend(customer: Customer, changes: Partial<SendReservation> = {}): SendReservation {
  return {
    ...customer,
    day: TODAY,
    id: newKey(),
    tid: String(1_000_000_000 + randomBytes(3).readUIntBE(0, 3)),
    limits: UNLIMITED,
    sendsPerMobileAndDay: 1000,
    conversionGuard: NO_GUARD,
    ...changes,
  };
}

/** The challenge that is committed for a send. Its reference holds every character that a store could split at. */
export function challengeFor({ id, limits }: SendReservation, now: number): Challenge {
  return {
    id,
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
  const send = newSend(customer, changes);
  assert.deepEqual(await store.reserveSend(send, now), { outcome: 'reserved' });
  const challenge = challengeFor(send, now);
  assert.deepEqual(await store.commitSend(send, challenge, now), { outcome: 'committed' });
  return challenge;
}

export async function attempt(
  store: OtpStore,
  { subject }: Customer,
  now: number,
  changes: Partial<Limits> = {},
): Promise<AttemptDecision> {
  return store.countAttempt(subject, { ...UNLIMITED, ...changes }, now);
}

/** What the attempt is told: the reason of its refusal, or `compare`. */
export async function verdictOf(decision: Promise<AttemptDecision>): Promise<string> {
  const decided = await decision;
  return decided.outcome === 'refused' ? decided.reason : decided.outcome;
}

export async function consume(
  store: OtpStore,
  { subject, prefix, account }: Customer,
  challenge: Challenge,
  now: number,
  sealedAnswer: string = 'the answer',
): Promise<ChallengeConsumptionResult> {
  return store.consume({ subject, prefix, account, day: TODAY, challenge, sealedAnswer }, now);
}
