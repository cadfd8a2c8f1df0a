import type { GuardOptions, ReplayStore } from '@verified-mobile/core';
import { isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { describe, expect, it } from 'vitest';
import { refusalTable } from '../src/guard/refusals.ts';
import { guardBench, NOW } from './support.ts';

it('answers each refusal with these bytes, and no others', () => {
  const table = Object.values(refusalTable(300)).map(({ status, headers, body }) => ({ status, headers, body }));
  expect(table).toMatchSnapshot();
});

it('asks for the age that the guard accepts', () => {
  expect(refusalTable(120).otp_token_missing.headers['WWW-Authenticate']).toMatch(/, max_age=120$/);
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
