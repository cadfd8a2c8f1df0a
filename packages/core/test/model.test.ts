import type { GuardOptions, Verdict } from '@verified-mobile/core';
import { createTestIssuer } from '@verified-mobile/core/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { guardBench, NOW } from './support.ts';

interface Call {
  readonly token: number;
  readonly key: string | undefined;
  readonly amount: number;
  readonly expected: string;
  readonly waitSeconds: number;
}

const MOBILES = ['9002336768', '9876543210'] as const;

const calls = fc.array(
  fc.record<Call>({
    token: fc.nat(3),
    key: fc.constantFrom(undefined, 'a', 'b'),
    amount: fc.constantFrom(1, 2),
    expected: fc.constantFrom(...MOBILES),
    waitSeconds: fc.constantFrom(0, 0, 0, 1, 100, 400),
  }),
  { minLength: 1, maxLength: 25 },
);

/** The state table of the design in a dozen lines: what was spent, on what, and which tokens have ended. */
function model() {
  const spentOn = new Map<number, string>();
  return ({ token, key, amount, expected }: Call, ageSeconds: number): string => {
    if (ageSeconds >= 305) return 'otp_token_expired';
    if (expected !== MOBILES[token % 2]) return 'mobile_mismatch';
    const operation = key === undefined ? undefined : `${key} ${amount}`;
    const bound = spentOn.get(token);
    if (bound === undefined) {
      spentOn.set(token, operation ?? 'nothing that comes again');
      return 'first use';
    }
    return bound === operation ? 'retry' : 'otp_token_used';
  };
}

function resultOf(verdict: Verdict): string {
  if (verdict.outcome === 'refused') return verdict.refusal.code;
  return verdict.outcome === 'passed' && verdict.proof.retry ? 'retry' : 'first use';
}

it('decides as the state table says, for any sequence of calls', async () => {
  await fc.assert(
    fc.asyncProperty(calls, async (sequence) => {
      const time = { now: NOW };
      const { trusted, mint } = createTestIssuer({ clock: () => time.now });
      const options: GuardOptions<Call> = {
        issuers: { ...trusted, bindsTransactions: false },
        expectMobile: ({ expected }) => expected,
        transaction: ({ amount }) => ({ amount }),
        idempotencyKey: ({ key }) => key,
      };
      const { guard } = guardBench(options as GuardOptions, {}, time);
      const tokens = [0, 1, 2, 3].map((number) => mint({ claims: { mobile: MOBILES[number % 2] } }));
      const predict = model();
      for (const call of sequence) {
        time.now += call.waitSeconds * 1000;
        const verdict = await guard.decide({
          request: call,
          method: 'POST',
          url: '/payouts',
          header: (name) => (name === 'otp-verification-token' ? tokens[call.token] : undefined),
        });
        expect(resultOf(verdict)).toBe(predict(call, (time.now - NOW) / 1000));
      }
    }),
    { numRuns: 200 },
  );
});
