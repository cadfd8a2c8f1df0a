import { ASSURED_SENDS_PER_MOBILE_AND_DAY, type Limits } from '../../domain/limits.ts';
import { DAY_MS, HOUR_MS, type SendReservation, type SendWait } from '../../domain/otp-store.ts';
import type { Subject } from './subject-row.ts';

/** It does not wait if `retryAfterMs` is 0 or less. */
export interface PossibleWait {
  readonly reason: SendWait;
  readonly retryAfterMs: number;
}

/** The longest wait of this send, by the mobile's own limits or by the others; `undefined` if nothing is refused. */
export function waitOfSend(
  send: SendReservation,
  subject: Subject,
  mobileSends: readonly number[],
  others: readonly PossibleWait[],
  now: number,
): PossibleWait | undefined {
  const { limits } = send;
  // Nothing but an operator ends it; a day is what a caller may usefully wait before asking again.
  if (subject.failuresInRow >= limits.failuresBeforeStop) return { reason: 'stopped', retryAfterMs: DAY_MS };
  return longest([
    { reason: 'cooldown', retryAfterMs: cooldownMs(subject, limits, now) },
    { reason: 'hour', retryAfterMs: windowMs(subject.sends, HOUR_MS, limits.sendsPerHour, now) },
    { reason: 'day', retryAfterMs: windowMs(subject.sends, DAY_MS, limits.sendsPerDay, now) },
    { reason: 'mobile-day', retryAfterMs: mobileDayMs(send, subject, mobileSends, now) },
    ...others,
  ]);
}

export function longest(waits: readonly PossibleWait[]): PossibleWait | undefined {
  let found: PossibleWait | undefined;
  for (const wait of waits) if (wait.retryAfterMs > (found?.retryAfterMs ?? 0)) found = wait;
  return found;
}

/** Since the last send, by how many there were within the hour, the refused ones among them. */
function cooldownMs({ sends, refused }: Subject, { cooldownSeconds }: Limits, now: number): number {
  const recent = within([...sends, ...refused], HOUR_MS, now);
  if (recent.length === 0) return 0;
  const seconds = cooldownSeconds[Math.min(recent.length, cooldownSeconds.length) - 1] ?? 0;
  return Math.max(...recent) + seconds * 1000 - now;
}

/** Until there is one over all accounts, and either an open one or one that is kept for this account. */
function mobileDayMs(send: SendReservation, { sends }: Subject, mobileSends: readonly number[], now: number): number {
  const { sendsPerMobileAndDay, openSendsPerMobileAndDay } = send;
  const openMs = windowMs(mobileSends, DAY_MS, openSendsPerMobileAndDay, now);
  const assuredMs = windowMs(sends, DAY_MS, ASSURED_SENDS_PER_MOBILE_AND_DAY, now);
  return Math.max(windowMs(mobileSends, DAY_MS, sendsPerMobileAndDay, now), Math.min(openMs, assuredMs));
}

/** Until one more fits into any window of that length. */
function windowMs(instants: readonly number[], lengthMs: number, allowed: number, now: number): number {
  const recent = within(instants, lengthMs, now);
  const blocking = recent[recent.length - allowed];
  return blocking === undefined ? 0 : blocking + lengthMs - now;
}

export function within(instants: readonly number[], lengthMs: number, now: number): number[] {
  return instants.filter((instant) => instant > now - lengthMs);
}
