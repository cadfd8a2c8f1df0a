/** A suite that cannot fail is a defect: it must refuse every store that is broken in one way. */
import { memoryOtpStore, type OtpStore } from '@verified-mobile/issuer';
import { describeOtpStore } from '@verified-mobile/issuer/testing';
import { describe, expect, it } from 'vitest';
import { CODE_MUTANTS } from './support/mutants/code-mutants.ts';
import { PENDING_MUTANTS } from './support/mutants/pending-mutants.ts';
import { QUOTA_MUTANTS } from './support/mutants/quota-mutants.ts';
import { RULE_MUTANTS } from './support/mutants/rule-mutants.ts';
import { SEND_MUTANTS } from './support/mutants/send-mutants.ts';
import { SESSION_MUTANTS } from './support/mutants/session-mutants.ts';

/** The names of the cases that fail on three nodes of such a store. */
async function failuresOf(createStore: () => OtpStore): Promise<string[]> {
  const cases: { name: string; body: () => Promise<void> }[] = [];
  const createStores = async (nodes: number): Promise<OtpStore[]> => {
    const store = createStore();
    return Array.from({ length: nodes }, () => store);
  };
  describeOtpStore(
    { describe: (_name, body) => body(), it: (name, body) => cases.push({ name, body }) },
    { name: 'mutant', createStores },
  );
  const failures: string[] = [];
  for (const { name, body } of cases) await body().catch(() => failures.push(name));
  return failures;
}

describe('the suite of OTP stores', () => {
  it('passes the store in memory', async () => {
    expect(await failuresOf(memoryOtpStore)).toEqual([]);
  });

  it.each([
    ...SEND_MUTANTS,
    ...PENDING_MUTANTS,
    ...QUOTA_MUTANTS,
    ...RULE_MUTANTS,
    ...CODE_MUTANTS,
    ...SESSION_MUTANTS,
  ])('refuses a store that %s', async (_name, mutate) => {
    const createStore = (): OtpStore => {
      const good = memoryOtpStore();
      return { ...good, ...mutate(good) };
    };
    expect(await failuresOf(createStore)).not.toEqual([]);
  });
});
