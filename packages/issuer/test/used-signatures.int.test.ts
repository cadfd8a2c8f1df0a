/** Message signatures of two issuers on one Redis that fails. */
import { nodeRedis, redisReplayStore } from '@verified-mobile/redis';
import { hasRedis, type RedisServer, startRedis } from '@verified-mobile/test-support/redis-server';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshMessage } from './behaviours/signing.ts';
import { type IssuerUnderTest, issuerUnderTest } from './support/issuer-under-test.ts';
import { type Message, requestOf, STRICT } from './support/signed-messages.ts';

describe.skipIf(!hasRedis)('two issuers on one Redis', () => {
  let server: RedisServer;
  let issuers: IssuerUnderTest[];
  const clients: { destroy: () => void }[] = [];

  const openIssuer = async (): Promise<IssuerUnderTest> => {
    const client = createClient({ url: server.url, disableOfflineQueue: true });
    client.on('error', () => {});
    await client.connect();
    clients.push(client);
    const settings = { timeoutMs: 500, issuerClockToleranceSeconds: 0, failuresToOpen: 1_000 };
    const replayStore = redisReplayStore(nodeRedis(client), settings);
    await replayStore.ready();
    return issuerUnderTest({ accounts: [STRICT], replayStore, clock: Date.now, onFault: () => {} });
  };

  beforeAll(async () => {
    server = await startRedis();
    issuers = await Promise.all([openIssuer(), openIssuer()]);
  });
  afterAll(async () => {
    clients.forEach((client) => client.destroy());
    await server?.stop();
  });

  const answersTo = async (message: Message): Promise<[number, string][]> => {
    const answers: [number, string][] = [];
    for (const { fetch } of issuers) {
      const response = await fetch(requestOf(message));
      answers.push([response.status, ((await response.json()) as { message: string }).message]);
    }
    return answers;
  };
  const USED = [403, expect.stringMatching(/^This message signature was used before/)];
  const UNVOUCHED = [403, expect.stringMatching(/^This message signature may have been used before/)];

  it('do not serve what the other one has served', async () => {
    expect(await answersTo(freshMessage())).toEqual([[200, 'OTP has been sent'], USED]);
  });

  it('answer 500 while it is gone, and serve what is signed again afterwards', async () => {
    await server.kill();
    const before = issuers.map(({ sms }) => sms.length);
    const outage = [500, 'Internal error.'];
    expect(await answersTo(freshMessage())).toEqual([outage, outage]);
    expect(issuers.map(({ sms }) => sms.length)).toEqual(before);
    await server.start();
    await expect.poll(async () => (await answersTo(freshMessage()))[0]?.[0], { interval: 20 }).toBe(200);
  });

  it('serve nothing that was signed before it lost its memory', async () => {
    const [used, unused] = [freshMessage(), freshMessage()];
    expect((await answersTo(used))[0]?.[0]).toBe(200);
    await server.command('FLUSHALL');
    expect(await answersTo(used)).toEqual([UNVOUCHED, UNVOUCHED]);
    expect(await answersTo(unused)).toEqual([UNVOUCHED, UNVOUCHED]);
    await expect.poll(async () => (await answersTo(freshMessage()))[0]?.[0], { interval: 20 }).toBe(200);
  });
});
