import { expect, it } from 'vitest';
import { type Challenge, type ChallengeStore, memoryChallengeStore } from '@verified-mobile/issuer';

const NOW = 1_000_000;

it('gives the challenge to compare with as often as attempts are allowed', async () => {
  const store = memoryChallengeStore();
  await store.replace(challenge('a', { attemptsAllowed: 2 }), NOW);
  expect(await store.countAttempt('a', NOW)).toEqual(challenge('a', { attemptsAllowed: 2 }));
  expect(await store.countAttempt('a', NOW)).toBeDefined();
  expect(await store.countAttempt('a', NOW)).toBeUndefined();
});

it('keeps a challenge up to the last millisecond before its expiry', async () => {
  const store = memoryChallengeStore();
  await store.replace(challenge('a', { expiresAt: NOW + 10 }), NOW);
  expect(await store.countAttempt('a', NOW + 9)).toBeDefined();
  expect(await store.countAttempt('a', NOW + 10)).toBeUndefined();
  expect(await store.consume('a', 'id', NOW + 10)).toBe(false);
  expect(await store.consume('a', 'id', NOW + 9)).toBe(true);
});

it('consumes once, and only the challenge that is meant', async () => {
  const store = memoryChallengeStore();
  await store.replace(challenge('a'), NOW);
  expect(await store.consume('a', 'another id', NOW)).toBe(false);
  expect(await store.consume('b', 'id', NOW)).toBe(false);
  expect(await store.consume('a', 'id', NOW)).toBe(true);
  expect(await store.consume('a', 'id', NOW)).toBe(false);
});

it('starts counting again for a new challenge of the same key', async () => {
  const store = memoryChallengeStore();
  await store.replace(challenge('a', { attemptsAllowed: 1 }), NOW);
  await store.countAttempt('a', NOW);
  await store.replace(challenge('a', { id: 'newer', attemptsAllowed: 1 }), NOW);
  expect((await store.countAttempt('a', NOW))?.id).toBe('newer');
});

it('drops the oldest challenge when it is full, and no other', async () => {
  const store = memoryChallengeStore({ maxChallenges: 3 });
  for (const key of ['a', 'b', 'c', 'd']) await store.replace(challenge(key), NOW);
  expect(await liveKeys(store)).toEqual(['b', 'c', 'd']);
});

it('drops none when a full store replaces a challenge that it holds, which is then the newest', async () => {
  const store = memoryChallengeStore({ maxChallenges: 3 });
  for (const key of ['a', 'b', 'c', 'b']) await store.replace(challenge(key), NOW);
  expect(await liveKeys(store)).toEqual(['a', 'b', 'c']);
  for (const key of ['d', 'a']) await store.replace(challenge(key), NOW);
  expect(await liveKeys(store)).toEqual(['a', 'b', 'd']);
});

it('forgets what has expired with each new challenge, so that a quiet hour leaves nothing behind', async () => {
  const store = memoryChallengeStore();
  for (const key of ['a', 'b', 'c']) await store.replace(challenge(key, { expiresAt: NOW + 10 }), NOW);
  await store.replace(challenge('d', { expiresAt: NOW + 20 }), NOW + 10);
  // A clock before their expiry shows whether they are still held.
  expect(await liveKeys(store)).toEqual(['d']);
});

it.each([0, -1, 1.5, Number.NaN, Infinity])('refuses to hold %d challenges', (maxChallenges) => {
  expect(() => memoryChallengeStore({ maxChallenges })).toThrow('maxChallenges must be a whole number from 1');
});

it('refuses an unknown option', () => {
  expect(() => memoryChallengeStore({ max: 5 } as object)).toThrow('memoryChallengeStore has no option max');
});

async function liveKeys(store: ChallengeStore): Promise<string[]> {
  const keys: string[] = [];
  for (const key of ['a', 'b', 'c', 'd']) {
    if ((await store.countAttempt(key, NOW)) !== undefined) keys.push(key);
  }
  return keys;
}

function challenge(key: string, changes: Partial<Challenge> = {}): Challenge {
  return {
    key,
    id: 'id',
    codeMac: 'mac',
    clientRefId: 'ref',
    attemptsAllowed: 5,
    expiresAt: NOW + 300_000,
    ...changes,
  };
}
