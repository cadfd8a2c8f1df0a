import { nodeRedis, redisReplayStore } from '@verified-mobile/redis';
import { hasRedis, startRedis } from '@verified-mobile/test-support/redis-server';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { connectNodeRedis } from '../clients.ts';
import { withOldLineage } from '../old-lineage.ts';
import { newUses, outcomesOf } from './stage.ts';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});

/** Redis cannot be given another clock here, so the service and its issuer are: two clocks differ either way. */
describe.skipIf(!hasRedis)('the clock of Redis', () => {
  afterEach(() => void vi.restoreAllMocks());
  const realTime = Date.now;
  const redisIsOffBy = (seconds: number): void => {
    vi.spyOn(Date, 'now').mockImplementation(() => realTime() - seconds * 1000);
  };
  const open = async () => {
    const server = await withOldLineage(await startRedis());
    cleanUp.push(async () => server.stop());
    const client = await connectNodeRedis(server.port);
    const store = redisReplayStore(nodeRedis(client), { timeoutMs: 10_000, failuresToOpen: 1_000 });
    cleanUp.push(async () => store.close().catch(() => undefined));
    return { server, store };
  };
  const { signal } = new AbortController();

  it.each([-50, 0, 50])('%i s off at an empty restart vouches for nothing of before', async (seconds) => {
    redisIsOffBy(seconds);
    const { server, store } = await open();
    const uses = newUses(20);
    expect(await outcomesOf(store, uses, 'one')).toEqual({ 'first-use': 20 });
    await server.kill();
    await server.start();
    expect(await outcomesOf(store, uses, 'two')).toEqual({ fenced: 20 });
  });

  it.each([-300, -130, 130])('%i s off at an empty restart is an outage until it is right', async (seconds) => {
    const { server, store } = await open();
    const uses = newUses(20);
    expect(await outcomesOf(store, uses, 'one')).toEqual({ 'first-use': 20 });
    await server.kill();
    await server.start();
    redisIsOffBy(seconds);
    await expect
      .poll(async () => store.consume(uses[0]!, { signal }).catch(faultOf), { interval: 10 })
      .toContain('VMCLOCK');
    redisIsOffBy(0);
    expect(await outcomesOf(store, uses, 'two')).toEqual({ fenced: 20 });
  });

  it('a day ahead is an outage while it is, named by ready(), and vouches for nothing of before afterwards', async () => {
    const { server, store } = await open();
    const [used, unused] = [newUses(20), newUses(5)];
    expect(await outcomesOf(store, used)).toEqual({ 'first-use': 20 });
    redisIsOffBy(86_400);
    // What it does with all that has run out by its clock.
    for (const { id } of used) await server.command('DEL', `{vm1}${id}`);
    expect(await store.consume(newUses(1)[0]!, { signal }).catch(faultOf)).toContain('VMCLOCK');
    await expect(store.ready?.()).rejects.toThrow('Keep both with NTP.');
    redisIsOffBy(0);
    expect(await outcomesOf(store, used, 'two')).toEqual({ fenced: 20 });
    expect(await outcomesOf(store, unused)).toEqual({ fenced: 5 });
    await expect.poll(async () => outcomesOf(store, newUses(1, Date.now()))).toEqual({ 'first-use': 1 });
  });
});

function faultOf(error: unknown): string {
  return String((error as Error).cause);
}
