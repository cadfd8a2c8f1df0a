import type { TestRunner } from '@verified-mobile/core/testing';
import type { OtpStore } from '../domain/otp-store.ts';
import { attemptCases } from './attempt-cases.ts';
import { consumeCases } from './consume-cases.ts';
import { budgetCases } from './budget-cases.ts';
import { conversionCases } from './conversion-cases.ts';
import { pendingCases } from './pending-cases.ts';
import { quotaCases } from './quota-cases.ts';
import { referenceCases } from './reference-cases.ts';
import { sendCases } from './send-cases.ts';
import { sendLimitCases } from './send-limit-cases.ts';
import { sessionCases } from './session-cases.ts';

/** What the suite needs to know of a store. */
export interface OtpStoreUnderTest {
  readonly name: string;
  /**
   * As many stores as a service has nodes, all on one storage; called once for each case. The storage need not be
   * empty, for every case has accounts and mobiles of its own. A store of one process returns the same one each time.
   */
  createStores(nodes: number): Promise<readonly OtpStore[]>;
}

const NODES = 3;
const CASES = [
  sendCases,
  sendLimitCases,
  quotaCases,
  budgetCases,
  conversionCases,
  referenceCases,
  attemptCases,
  consumeCases,
  pendingCases,
  sessionCases,
];

/**
 * The suite that every OTP store passes: at its own level, on three nodes, with every instant passed in. A case takes as
 * long as its calls do; none waits.
 */
export function describeOtpStore({ describe, it }: TestRunner, underTest: OtpStoreUnderTest): void {
  describe(`${underTest.name}: the OTP store's contract`, () => {
    for (const cases of CASES) {
      cases((title, body) => it(title, async () => body(inTurn(await underTest.createStores(NODES)))));
    }
  });
}

/** One store that asks another node with every call: what one decides must hold on all of them. */
function inTurn(stores: readonly OtpStore[]): OtpStore {
  let turn = 0;
  const next = (): OtpStore => {
    turn += 1;
    const store = stores[turn % stores.length];
    if (store === undefined) throw new Error('createStores() returned no store.');
    return store;
  };
  return {
    reserveSend: async (...args) => next().reserveSend(...args),
    commitSend: async (...args) => next().commitSend(...args),
    cancelSend: async (...args) => next().cancelSend(...args),
    countAttempt: async (...args) => next().countAttempt(...args),
    consume: async (...args) => next().consume(...args),
    release: async (...args) => next().release(...args),
    usage: async (...args) => next().usage(...args),
  };
}
