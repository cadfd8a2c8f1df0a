import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Outbox } from '@verified-mobile/issuer';
import { ioredis, nodeRedis, type RedisConnection, redisOutbox } from '@verified-mobile/issuer/redis';
import { describeOutbox } from '@verified-mobile/issuer/testing';
import { hasRedis, type RedisServer, startRedis } from '@verified-mobile/test-support/redis-server';
import { seededRandom } from '@verified-mobile/test-support/history';
import { simulate } from './support/outbox-simulation.ts';
import { type ChangeScript, withScript } from '@verified-mobile/test-support/script-mutant';
import { failuresOf } from './support/mutants/outbox-failures.ts';
import { newKey, START } from '../src/testing/fixture.ts';
import {
  begin,
  handingOver,
  newMessage,
  queued,
  ROUTE,
  settle,
  stateOf,
  takeOver,
} from '../src/testing/outbox/fixture.ts';

/** A script that lacks the part stays as it is. */
const instead =
  (part: string, other: string): ChangeScript =>
  (script) =>
    script.replaceAll(part, other);

describe.skipIf(!hasRedis)('the outbox in Redis', () => {
  let server: RedisServer;
  const connections: RedisConnection[] = [];
  const closers: (() => void)[] = [];

  beforeAll(async () => {
    server = await startRedis('--appendonly', 'yes', '--appendfsync', 'always');
    const client = createClient({ url: server.url, disableOfflineQueue: true });
    client.on('error', () => {});
    await client.connect();
    const settings = { enableOfflineQueue: false, autoResendUnfulfilledCommands: false, lazyConnect: true };
    const ioRedis = new Redis(server.port, '127.0.0.1', settings);
    ioRedis.on('error', () => {});
    await ioRedis.connect();
    connections.push(nodeRedis(client), ioredis(ioRedis));
    closers.push(
      () => client.destroy(),
      () => ioRedis.disconnect(),
    );
  });
  afterAll(async () => {
    for (const close of closers) close();
    await server?.stop();
  });

  const open = (options: { keyPrefix?: string; maxQueued?: number } = {}): Outbox =>
    redisOutbox(connections[0]!, { timeoutMs: 30_000, ...options });

  describeOutbox(
    { describe, it },
    {
      name: 'by both clients',
      createOutboxes: async (nodes) =>
        Array.from({ length: nodes }, (_, node) =>
          redisOutbox(connections[node % connections.length]!, { timeoutMs: 30_000 }),
        ),
    },
  );

  it.each(['one', 'two', 'three'])(
    'sends no SMS twice, whatever dies, comes back, or says things twice: %s',
    async (seed) => {
      expect(await simulate(open({ keyPrefix: `{${seed}}` }), seededRandom(seed), 500)).toEqual([]);
    },
  );

  it('is full with so many that wait, over all nodes, and has room again when one of them goes or expires', async () => {
    const settings = { keyPrefix: '{full}', maxQueued: 2 };
    const [outbox, other, node] = [open(settings), open(settings), newKey()];
    const first = await queued(outbox, node);
    await queued(other, newKey(), { expiresAt: START + 10 });
    expect(await outbox.enqueue(newMessage(), { node }, START)).toEqual({ outcome: 'full' });
    await handingOver(outbox, node);
    await begin(outbox, first, node);
    expect(await outbox.enqueue(newMessage(), { node }, START)).toEqual({ outcome: 'enqueued' });
    expect(await outbox.enqueue(newMessage(), { node }, START)).toEqual({ outcome: 'full' });
    expect(await outbox.enqueue(newMessage(), { node }, START + 10)).toEqual({ outcome: 'enqueued' });
  });

  it('wipes what was sealed with the end, whichever it is, and keeps nothing for good but the lineage', async () => {
    const keyPrefix = '{wiped}';
    const [outbox, node] = [open({ keyPrefix }), newKey()];
    const sealed = 'what-was-sealed';
    const messages = [];
    for (let index = 0; index < 5; index += 1) messages.push(await queued(outbox, node, { sealed }));
    const [accepted, unknown, withdrawn, expired, taken] = messages as [
      (typeof messages)[0],
      (typeof messages)[0],
      (typeof messages)[0],
      (typeof messages)[0],
      (typeof messages)[0],
    ];
    for (const message of [accepted, unknown, taken]) await begin(outbox, message, node);
    expect(await countOf(keyPrefix, sealed)).toBe(5);
    await settle(outbox, accepted, node, { state: 'accepted', messageId: 'a' });
    await settle(outbox, unknown, node, { state: 'unknown' });
    await outbox.withdraw(withdrawn.id, node, START);
    await begin(outbox, expired, node, expired.expiresAt);
    await outbox.receive(ROUTE, { messageId: 'early', status: 'delivered' }, START);
    await outbox.beat(newKey(), 1_000);
    await queued(outbox, node);
    expect(await countOf(keyPrefix, sealed)).toBe(1);
    await takeOver(outbox, taken, node, newKey());
    expect(await countOf(keyPrefix, sealed)).toBe(0);
    const endless: string[] = [];
    for (const key of await keysOf(keyPrefix)) if ((await server.command('PTTL', key)) === '-1') endless.push(key);
    expect(endless).toEqual(['{wiped}olineage']);
  });

  it('lets nothing be handed over that waited through a restart, and takes it for unknown if its node is gone', async () => {
    const [outbox, node, gone] = [open({ keyPrefix: '{restart}' }), newKey(), newKey()];
    await outbox.beat(node, 600_000);
    const [waits, goes, orphan] = [
      await queued(outbox, node),
      await handingOver(outbox, node),
      await queued(outbox, gone),
    ];
    await server.kill();
    await server.start();
    await expect.poll(async () => begin(outbox, waits, node).catch(String)).toBe('forgotten');
    expect((await outbox.withdraw(waits.id, node, START)).outcome).toBe('forgotten');
    // The answer of its provider is as good as ever.
    expect(await settle(outbox, goes, node, { state: 'accepted' })).toBe('settled');
    const taken = await outbox.takeOver(orphan.id, { from: gone, to: node }, START);
    expect(taken).toEqual({ outcome: 'unknown', about: orphan.about });
    expect(await stateOf(outbox, orphan)).toBe('unknown');
  });

  it.each<[string, ChangeScript]>([
    [
      'takes over from a node that lives',
      instead("if lease and tonumber(lease) > serverNow() then return { 'lost' } end", ''),
    ],
    ['begins what comes late', instead("if tonumber(ARGV[6]) <= tonumber(kept.i or '0') then return 'taken' end", '')],
    ['settles what comes late', instead(' or kept[5] ~= ARGV[9]', '')],
    ['settles for any node', instead('kept[2] ~= node or ', '')],
    ['lets what was being handed over wait again', instead("if kept.s == 'h' then", "if kept.s == 'x' then")],
    [
      'begins what has expired',
      instead("if tonumber(now) >= tonumber(kept.e) then\n  finish(id, 'e', now)", 'if false then'),
    ],
    ['records a receipt again', instead("if known[1] and (known[1] ~= 'accepted'", 'if false and (false')],
  ])('is refused by its suite if a script %s', async (name, change) => {
    const mutant = redisOutbox(withScript<RedisConnection>(change)(connections[0]!), {
      timeoutMs: 30_000,
      keyPrefix: `{${name}}`,
    });
    await server.command('SCRIPT', 'FLUSH');
    expect(await failuresOf(() => mutant)).not.toEqual([]);
  });

  it('passes its suite with the scripts as they are', async () => {
    const same = withScript<RedisConnection>((script) => script)(connections[0]!);
    await server.command('SCRIPT', 'FLUSH');
    expect(await failuresOf(() => redisOutbox(same, { timeoutMs: 30_000, keyPrefix: '{same}' }))).toEqual([]);
  });

  it('would hand over what it cannot vouch for, if a script did not look at the lineage', async () => {
    await server.command('SCRIPT', 'FLUSH');
    const change = instead('or tonumber(kept.l) ~= lineage', '');
    const mutant = redisOutbox(withScript<RedisConnection>(change)(connections[0]!), {
      timeoutMs: 30_000,
      keyPrefix: '{blind}',
    });
    const node = newKey();
    const message = await queued(mutant, node);
    await server.kill();
    await server.start();
    await expect.poll(async () => begin(mutant, message, node).catch(String)).toBe('begun');
  });

  it('is not ready where it drops keys when it is full, or cannot be written', async () => {
    const outbox = open();
    await outbox.ready?.();
    await server.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    await expect(outbox.ready?.()).rejects.toThrow('set noeviction, or SMS are forgotten');
    await server.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    await server.command('CONFIG', 'SET', 'maxmemory', '1');
    await expect(outbox.ready?.()).rejects.toThrow('OOM');
    await server.command('CONFIG', 'SET', 'maxmemory', '0');
  });

  it.each([
    [{ timeoutMs: 0 }, 'timeoutMs must be a whole number from 1 to 60000'],
    [{ maxQueued: 0 }, 'maxQueued must be a whole number from 1 to 1000000'],
    [{ keyPrefix: 5 }, 'keyPrefix must be a string'],
    [{ prefix: 'x' }, 'redisOutbox has no option prefix'],
  ])('is refused with %j', (options, message) => {
    expect(() => redisOutbox(connections[0]!, options as object)).toThrow(message);
  });

  it('is refused without a wrapped client', () => {
    expect(() => redisOutbox({} as never)).toThrow('redisOutbox(nodeRedis(client))');
  });

  const keysOf = async (prefix: string): Promise<string[]> => (await server.command('KEYS', `${prefix}*`)).split('\n');

  async function countOf(prefix: string, text: string): Promise<number> {
    const messages = (await keysOf(prefix)).filter((key) => key.startsWith(`${prefix}om`));
    const values = await Promise.all(messages.map(async (key) => server.command('HGETALL', key)));
    return values.filter((value) => value.includes(text)).length;
  }
});
