import { describe, expect, it } from 'vitest';
import type { IssuerUnderTest } from '../support/issuer-under-test.ts';
import { type Message, requestOf, signedMessage, STRICT } from '../support/signed-messages.ts';
import { type Engine, setupsOf } from './engine.ts';

/** A message signature serves one request, on whatever node. */
export function describeSigning(engine: Engine): void {
  const { unlimited } = setupsOf(engine);

  describe(`message signatures (${engine.name})`, () => {
    it('serve one of 30 requests at once, over all nodes', async () => {
      const issuer = await start();
      const message = freshMessage();
      const statuses = await Promise.all(Array.from({ length: 30 }, async () => statusOf(issuer, message)));
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
      expect(issuer.sms).toHaveLength(1);
      expect(issuer.events.filter(({ reason }) => reason === 'repeated-signature')).toHaveLength(29);
    });

    it('serve one request on one node, and afterwards none on any', async () => {
      const issuer = await start();
      const message = freshMessage();
      const statuses: number[] = [];
      for (const node of [...issuer.nodes, ...issuer.nodes]) {
        statuses.push((await node.fetch(requestOf(message))).status);
      }
      expect(statuses).toEqual([200, ...statuses.slice(1).map(() => 403)]);
    });

    it('do not get in the way of each other', async () => {
      const issuer = await start();
      const messages = Array.from({ length: 30 }, freshMessage);
      const statuses = await Promise.all(messages.map(async (message) => statusOf(issuer, message)));
      expect(new Set(statuses)).toEqual(new Set([200]));
    });
  });

  async function start(): Promise<IssuerUnderTest> {
    const replayStore = await engine.openReplayStore();
    return unlimited({ accounts: [STRICT], replayStore, clock: Date.now });
  }
}

/** As far ahead as it may be: a store that was just opened vouches for it at once. */
export function freshMessage(): Message {
  return signedMessage('POST', undefined, undefined, { now: Date.now() + 5_000 });
}

async function statusOf({ fetch }: IssuerUnderTest, message: Message): Promise<number> {
  return (await fetch(requestOf(message))).status;
}
