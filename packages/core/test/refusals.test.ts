import type { GuardOptions, ReplayStore } from '@verified-mobile/core';
import { unavailable } from '@verified-mobile/core/store';
import { isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { describe, expect, it } from 'vitest';
import { refusalTable, withRetryAfter } from '../src/guard/refusals.ts';
import { guardBench, NOW } from './support.ts';

it('answers each refusal with these bytes, and no others', () => {
  const table = Object.values(refusalTable(300)).map(({ status, headers, body }) => ({ status, headers, body }));
  expect(table).toMatchSnapshot();
});

it('asks for the age that the guard accepts', () => {
  expect(refusalTable(120).otp_token_missing.headers['WWW-Authenticate']).toMatch(/, max_age=120$/);
});

describe('Retry-After', () => {
  const { guard_unavailable: outage, otp_token_used: used } = refusalTable(300);

  it.each([
    [-5, '1'],
    [0.2, '1'],
    [1, '1'],
    [1.001, '2'],
    [29.2, '30'],
    [3_600, '3600'],
    [1e9, '3600'],
    [Number.NaN, '1'],
  ])('of an outage that ends in %d s is %s, and nothing else of the answer changes', (retryAfterSeconds, header) => {
    const refusal = withRetryAfter(outage, unavailable('The store is down.', { retryAfterSeconds }));
    expect(refusal).toEqual({ ...outage, headers: { ...outage.headers, 'Retry-After': header } });
  });

  it('is 1 if the end is not known, and no other refusal has it', () => {
    expect(withRetryAfter(outage, new Error('connection lost'))).toBe(outage);
    expect(withRetryAfter(outage, unavailable('The store is down.')).headers['Retry-After']).toBe('1');
    expect(withRetryAfter(used, unavailable('…', { retryAfterSeconds: 5 }))).toBe(used);
  });

  it('is what a store knows of its own outage', async () => {
    const down = async () => Promise.reject(unavailable('The store is not asked.', { retryAfterSeconds: 7 }));
    const { guard, issuer } = guardBench({ replayStore: { scope: 'shared', consume: down } });
    const verdict = await guard.decide({ request: {}, header: () => issuer.mint() });
    expect(verdict).toMatchObject({ outcome: 'refused', refusal: { headers: { 'Retry-After': '7' } } });
  });
});

describe('the challenge of a 401', () => {
  const challenges = Object.values(refusalTable(300))
    .filter(({ status }) => status === 401)
    .map(({ headers, body }) => ({
      challenge: headers['WWW-Authenticate'] ?? '',
      detail: (JSON.parse(body) as { detail: string }).detail,
    }));

  it('has a scheme of its own, for no Authorization header can answer it and a session has another', () => {
    expect(challenges.map(({ challenge }) => challenge.split(' ')[0])).toEqual(Array(4).fill('VerifiedMobile'));
  });

  it('is written as RFC 9110 wants it, with the terms of RFC 9470', () => {
    for (const { challenge, detail } of challenges) {
      const parameters = [...challenge.matchAll(/(?<=[ ,] ?)([\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([\w-]+))/g)];
      expect(parameters.map(([, name, quoted, token]) => [name, quoted ?? token])).toEqual([
        ['error', 'insufficient_user_authentication'],
        ['error_description', detail],
        ['max_age', '300'],
      ]);
      expect(`VerifiedMobile ${parameters.map(([text]) => text).join(', ')}`).toBe(challenge);
    }
  });
});

describe('"try again with the same token; if it is then refused, verify again" is true after a lost answer', () => {
  /** Consumes, and loses its first answer. */
  const losingStore = (): ReplayStore => {
    const store = isolatedMemoryReplayStore({ clock: () => NOW });
    let isLost = false;
    return {
      scope: 'shared',
      consume: async (use, options) => {
        const result = await store.consume(use, options);
        if (isLost) return result;
        isLost = true;
        throw new Error('connection lost');
      },
    };
  };
  const presentTwice = async (options: GuardOptions): Promise<string[]> => {
    const { present, issuer } = guardBench({ replayStore: losingStore(), ...options });
    const token = issuer.mint();
    return [await present(token), await present(token)];
  };

  it('to an operation with an idempotency key: it passes', async () => {
    expect(await presentTwice({ service: 'payouts', idempotencyKey: () => 'payout-1' })).toEqual([
      'guard_unavailable',
      'passed',
    ]);
  });

  it('to an operation without: its token is used up, and the answer says to verify again', async () => {
    expect(await presentTwice({})).toEqual(['guard_unavailable', 'otp_token_used']);
    const { guard_unavailable: lost, otp_token_used: used } = refusalTable(300);
    expect(lost.body).toContain(
      'Try again with the same token. If it is then refused, verify the mobile number again.',
    );
    expect(used.body).toContain('"action":"verify_mobile"');
  });
});
