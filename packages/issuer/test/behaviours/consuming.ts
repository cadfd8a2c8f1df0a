import { describe, expect, it } from 'vitest';
import { CONSUME_URL, type IssuerUnderTest, SHOP } from '../support/issuer-under-test.ts';
import { type Engine, setupsOf } from './engine.ts';

/** Behaviour 12: a token is used up once, on whatever node. */
export function describeConsumption(engine: Engine): void {
  const { setup } = setupsOf(engine);

  describe(`consuming (${engine.name})`, () => {
    it('gives the first use to one of 30 at once, over all nodes', async () => {
      const issuer = await start();
      const token = await issuer.token();
      const answers = await Promise.all(Array.from({ length: 30 }, async () => consume(issuer, token)));
      expect(answers.filter(({ status }) => status === 0)).toHaveLength(1);
      const reasons = issuer.events.filter(({ kind }) => kind === 'consumption').map(({ reason }) => reason);
      expect(reasons.filter((reason) => reason === 'used')).toHaveLength(29);
    });

    it('knows the same operation on every node, and no other', async () => {
      const issuer = await start();
      const token = await issuer.token();
      const answers: unknown[] = [];
      for (const idempotency_key of ['payout-1', 'payout-1', 'payout-2', 'payout-1']) {
        const { status, data } = await consume(issuer, token, { idempotency_key });
        answers.push([status, data?.['retry']]);
      }
      expect(answers).toEqual([
        [0, false],
        [0, true],
        [1, undefined],
        [0, true],
      ]);
    });
  });

  /** By the wall clock: a shared replay store has its own. */
  async function start(): Promise<IssuerUnderTest> {
    const issuer = await setup({ replayStore: await engine.openReplayStore(), clock: Date.now });
    issuer.clock.now = Date.now();
    return issuer;
  }
}

interface ConsumeAnswer {
  status: number;
  data?: Record<string, unknown>;
}

async function consume(issuer: IssuerUnderTest, token: string, more: object = {}): Promise<ConsumeAnswer> {
  const body = { initiator_id: SHOP.initiatorId, otp_verification_token: token, ...more };
  return (await (await issuer.request('POST', CONSUME_URL, body)).json()) as ConsumeAnswer;
}
