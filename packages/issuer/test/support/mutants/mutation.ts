/** How a store is broken in one way, for the suite to refuse. */
import type { Limits, OtpStore, SendReservation } from '@verified-mobile/issuer';

/** The memory store with some of its verbs replaced; `good` is what they were. */
export type Mutation = (good: OtpStore) => Partial<OtpStore>;

const laterTick = async (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** Whatever arrives within one tick for the same mobile gets one answer: it was read before any of it was written. */
export function together<Given extends { readonly subject: string } | string, More extends unknown[], Result>(
  verb: (given: Given, ...more: More) => Promise<Result>,
): (given: Given, ...more: More) => Promise<Result> {
  const underWay = new Map<string, Promise<Result>>();
  return async (given, ...more) => {
    const subject = typeof given === 'string' ? given : given.subject;
    const result = underWay.get(subject) ?? verb(given, ...more);
    underWay.set(subject, result);
    await laterTick();
    underWay.delete(subject);
    return result;
  };
}

/** Reserves as if the request said something else. */
export const reserving =
  (change: (send: SendReservation) => Partial<SendReservation>): Mutation =>
  (good) => ({ reserveSend: async (send, now) => good.reserveSend({ ...send, ...change(send) }, now) });

export const limiting = (change: (limits: Limits) => Partial<Limits>): Mutation =>
  reserving(({ limits }) => ({ limits: { ...limits, ...change(limits) } }));

/** Knows each mobile of an account by another key. */
export function renaming(good: OtpStore, rename: (subject: string) => string): OtpStore {
  const renamed = <Given extends { readonly subject: string }>(given: Given): Given => ({
    ...given,
    subject: rename(given.subject),
  });
  return {
    ...good,
    reserveSend: async (send, now) => good.reserveSend(renamed(send), now),
    commitSend: async (send, now) => good.commitSend(renamed(send), now),
    cancelSend: async (send, now, ...more) => good.cancelSend(renamed(send), now, ...more),
    countAttempt: async (attempt, now) => good.countAttempt(renamed(attempt), now),
    consume: async (consumption, now) => good.consume(renamed(consumption), now),
    release: async (subject, now) => good.release(rename(subject), now),
  };
}

/** Counts attempts by other limits. */
export const counting =
  (change: (limits: Limits) => Partial<Limits>): Mutation =>
  (good) => ({
    countAttempt: async (attempt, now) =>
      good.countAttempt({ ...attempt, limits: { ...attempt.limits, ...change(attempt.limits) } }, now),
  });

export const HARMLESS: Limits = {
  cooldownSeconds: [0],
  sendsPerHour: 1000,
  sendsPerDay: 1000,
  attemptsPerCode: 5,
  failuresBeforeWait: 1000,
  failuresBeforeStop: 1000,
};

/** Makes a code live anew, as one that nobody has tried; no limit holds it up, and another account is billed. */
export async function revive(good: OtpStore, send: SendReservation, now: number): Promise<void> {
  const again = asNew(send);
  const between = { ...again, challenge: { ...send.challenge, id: 'in its place' } };
  for (const next of [between, again]) {
    await good.reserveSend(next, now);
    await good.commitSend(next, now);
  }
}

/** The same code in a send that nothing refuses. */
export function asNew(send: SendReservation): SendReservation {
  return { ...send, account: 'another', agent: 'another', mobile: 'another', limits: HARMLESS, reference: undefined };
}
