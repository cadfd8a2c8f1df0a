import { memoryOtpStore } from '@verified-mobile/issuer';
import { describeOtpStore } from '@verified-mobile/issuer/testing';
import { describe, it } from 'vitest';
import { memoryEngine } from './behaviours/engine.ts';
import { describeConsumption } from './behaviours/consuming.ts';
import { describePendingCodes } from './behaviours/pending.ts';
import { describeQuotas } from './behaviours/quotas.ts';
import { describeSendLimits, describeSends } from './behaviours/sending.ts';
import { describeSigning } from './behaviours/signing.ts';
import { describeSessions } from './behaviours/sessions.ts';
import { describeFailures, describeVerification } from './behaviours/verifying.ts';

for (const nodes of [1, 3]) {
  const engine = memoryEngine(nodes);
  describeSendLimits(engine);
  describeQuotas(engine);
  describeSends(engine);
  describePendingCodes(engine);
  describeVerification(engine);
  describeFailures(engine);
  describeSessions(engine);
  describeConsumption(engine);
  describeSigning(engine);
}

describeOtpStore(
  { describe, it },
  {
    name: 'memory',
    async createStores(nodes) {
      const store = memoryOtpStore();
      return Array.from({ length: nodes }, () => store);
    },
  },
);
