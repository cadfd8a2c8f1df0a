import { memoryEngine } from './behaviours/engine.ts';
import { describeConsumption } from './behaviours/consuming.ts';
import { describeSendLimits, describeSends } from './behaviours/sending.ts';
import { describeFailures, describeVerification } from './behaviours/verifying.ts';

for (const nodes of [1, 3]) {
  const engine = memoryEngine(nodes);
  describeSendLimits(engine);
  describeSends(engine);
  describeVerification(engine);
  describeFailures(engine);
  describeConsumption(engine);
}
