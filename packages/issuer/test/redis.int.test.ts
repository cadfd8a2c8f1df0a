import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { nodeRedis, redisOtpStore, redisOutbox } from '@verified-mobile/issuer/redis';
import { hasRedis, type RedisServer, startRedis } from '@verified-mobile/test-support/redis-server';
import { startTcpProxy } from '@verified-mobile/test-support/tcp-proxy';
import { attempt, beginSend, newCustomer } from '../src/testing/fixture.ts';
import { queued } from '../src/testing/outbox/fixture.ts';
import { type IssuerUnderTest, issuerUnderTest, OTP_URL, sendBody, START } from './support/issuer-under-test.ts';
import { COMMAND, environment } from './support/running-command.ts';

describe.skipIf(!hasRedis)('Redis that fails', () => {
  let server: RedisServer;
  const clients: { destroy: () => void }[] = [];
  beforeAll(async () => void (server = await startRedis()));
  afterEach(() => clients.splice(0).forEach((client) => client.destroy()));
  afterAll(async () => server?.stop());

  async function setup(timeoutMs = 30_000, { port }: { port: number } = server): Promise<IssuerUnderTest> {
    const client = createClient({ socket: { port, host: '127.0.0.1' }, disableOfflineQueue: true });
    client.on('error', () => {});
    await client.connect();
    clients.push(client);
    await server.command('FLUSHALL');
    return issuerUnderTest({ store: redisOtpStore(nodeRedis(client), { timeoutMs }), onFault: () => {} });
  }

  it('is answered with 500 while it is gone, and no SMS is sent', async () => {
    const issuer = await setup();
    await issuer.send();
    await server.kill();
    expect((await issuer.request('POST', OTP_URL, sendBody())).status).toBe(500);
    expect((await issuer.verify()).message).toBe('Internal error.');
    expect(issuer.sms).toHaveLength(1);
    expect((await issuer.fetch(new Request('https://otp.test/ready'))).status).toBe(503);
    await server.start();
  });

  it('is answered with 500 while it is paused; what was under way still counts, and makes no second token', async () => {
    const issuer = await setup(2_000);
    await issuer.send();
    await guess(issuer);
    server.signal('SIGSTOP');
    const paused = await Promise.all(Array.from({ length: 3 }, async () => issuer.verify({ otp: issuer.wrongCode() })));
    server.signal('SIGCONT');
    expect(paused.map(({ message }) => message)).toEqual(paused.map(() => 'Internal error.'));
    // The connection is being made anew.
    await expect.poll(async () => guess(issuer), { interval: 10 }).toBe('wrong-code');
    expect((await issuer.verify()).status).toBe(1);
    expect(issuer.events.at(-1)).toMatchObject({ reason: 'attempts-used' });
  });

  it('gives a send that it never confirmed free again, under the same reference', async () => {
    const issuer = await setup(2_000);
    server.signal('SIGSTOP');
    const body = { client_ref_id: 'payout-1' };
    expect((await issuer.send(body)).message).toBe('Internal error.');
    server.signal('SIGCONT');
    issuer.clock.now += 60_000;
    expect((await issuer.send(body)).status).toBe(0);
    expect(issuer.sms).toHaveLength(1);
  });

  const readiness = async ({ fetch }: IssuerUnderTest): Promise<number> =>
    (await fetch(new Request('https://otp.test/ready'))).status;

  it('is asked on a new connection if its host vanished', async () => {
    const proxy = await startTcpProxy(server.port);
    const issuer = await setup(200, proxy);
    expect(await readiness(issuer)).toBe(200);
    proxy.hang();
    expect(await readiness(issuer)).toBe(503);
    await expect.poll(async () => readiness(issuer), { interval: 10 }).toBe(200);
    expect((await issuer.send()).status).toBe(0);
    await proxy.stop();
  });

  it('is asked at its new address if it was made a replica', async () => {
    const [second, proxy] = [await startRedis(), await startTcpProxy(server.port)];
    const issuer = await setup(2_000, proxy);
    proxy.leadNewTo(second.port);
    await server.command('REPLICAOF', '127.0.0.1', `${second.port}`);
    expect(await readiness(issuer)).toBe(503);
    await expect.poll(async () => readiness(issuer), { interval: 10 }).toBe(200);
    expect((await issuer.send()).status).toBe(0);
    await server.command('REPLICAOF', 'NO', 'ONE');
    await Promise.all([proxy.stop(), second.stop()]);
  });

  it('is not ready while it is full', async () => {
    const issuer = await setup();
    await server.command('CONFIG', 'SET', 'maxmemory', '1');
    expect(await readiness(issuer)).toBe(503);
    await server.command('CONFIG', 'SET', 'maxmemory', '0');
    expect(await readiness(issuer)).toBe(200);
  });

  it('accepts no code after it was flushed', async () => {
    const issuer = await setup();
    await issuer.send();
    await server.command('FLUSHALL');
    expect((await issuer.verify()).status).toBe(1);
    await issuer.send();
    expect((await issuer.verify()).status).toBe(0);
  });

  it('loads its scripts again where the server has forgotten them', async () => {
    const issuer = await setup();
    await server.command('SCRIPT', 'FLUSH');
    expect((await issuer.send()).status).toBe(0);
  });

  it('forgets the failures of a mobile when an operator says so', async () => {
    const issuer = await setup();
    for (let failures = 0; failures < 10; failures += 1) {
      if (failures % 5 === 0) await issuer.send();
      await guess(issuer);
    }
    expect((await issuer.send()).status).toBe(1);
    // The operator's process must not go on with the SMS of a node that is gone.
    const client = createClient({ url: server.url, disableOfflineQueue: true });
    await client.connect();
    clients.push(client);
    const outbox = redisOutbox(nodeRedis(client));
    const waiting = await queued(outbox, 'gone');
    await outbox.beat('gone', 1);
    await outbox.leave('gone');
    const folder = mkdtempSync(join(tmpdir(), 'issuer-'));
    const env = await environment(folder, { more: { ISSUER_REDIS_URL: server.url, ISSUER_REPLAY_STORE: 'redis' } });
    const { stdout } = await promisify(execFile)(process.execPath, [COMMAND, 'release', 'shop', '+91 90023 36768'], {
      env,
    });
    rmSync(folder, { recursive: true });
    expect(stdout).toBe('Released.\n');
    expect((await outbox.find(waiting.account, waiting.tid))?.state).toBe('queued');
    await issuer.send();
    expect((await issuer.verify()).status).toBe(0);
  });

  it('is not ready where it drops keys when it is full', async () => {
    const issuer = await setup();
    await issuer.nodes[0]?.ready();
    await server.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    await expect(issuer.nodes[0]?.ready()).rejects.toThrow('set noeviction, or limits are forgotten');
    await server.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
  });

  it('holds no code, no token and no mobile', async () => {
    const issuer = await setup();
    const tokens: string[] = [];
    for (let last = 10; last < 40; last += 1) {
      const mobile = `90023367${last}`;
      await issuer.send({ mobile });
      if (last % 2 === 0) tokens.push(String((await issuer.verify({ mobile })).data?.['otp_verification_token']));
    }
    const dump = await dumpOf(server);
    expect(dump.length).toBeGreaterThan(5_000);
    const codes = issuer.sms.map(({ text }) => text.slice(0, 6));
    // As a whole value: six digits in a row are also part of any instant.
    const values = new Set(dump.split(/[\n|,;]/));
    expect(codes.filter((code) => values.has(code))).toEqual([]);
    expect(tokens.filter((token) => dump.includes(token))).toEqual([]);
    expect(dump).not.toMatch(/90023367[0-9]{2}/);
  });
});

it.skipIf(!hasRedis)('keeps nothing in Redis without an end but what is billed, and the lineage', async () => {
  const server = await startRedis();
  const client = createClient({ url: server.url, disableOfflineQueue: true });
  await client.connect();
  const store = redisOtpStore(nodeRedis(client));
  const issuer = issuerUnderTest({ store });
  // Their node is killed during the SMS: one is guessed at, the other is not.
  const killed = [newCustomer({ account: 'shop' }), newCustomer({ account: 'shop' })] as const;
  for (const customer of killed) await beginSend(store, customer, START);
  await attempt(store, killed[0], START);
  const evicted = newCustomer({ account: 'shop' });
  const send = await beginSend(store, evicted, START);
  await server.command('DEL', `{otp}s${evicted.subject}`);
  expect(await store.commitSend(send, START)).toEqual({ outcome: 'superseded' });
  await issuer.send({ session_id: 'session-1' });
  await issuer.verify({ otp: issuer.wrongCode(), session_id: 'session-1' });
  await issuer.verify({ session_id: 'session-1' });
  await issuer.send({ session_id: 'session-2' });
  await issuer.verify({ otp: issuer.wrongCode(), session_id: 'session-2' });
  const keys = (await server.command('KEYS', '*')).split('\n');
  expect(keys.length).toBeGreaterThan(8);
  const endless: string[] = [];
  for (const key of keys) if ((await server.command('PTTL', key)) === '-1') endless.push(key);
  expect(endless.toSorted()).toEqual(['{otp}lineage', '{otp}ushop']);
  client.destroy();
  await server.stop();
});

async function guess(issuer: IssuerUnderTest): Promise<string | undefined> {
  await issuer.verify({ otp: issuer.wrongCode() });
  return issuer.events.at(-1)?.reason;
}

async function dumpOf(server: RedisServer): Promise<string> {
  const keys = (await server.command('KEYS', '*')).split('\n');
  const values = keys.map(async (key) => {
    const type = await server.command('TYPE', key);
    return server.command(...(type === 'hash' ? ['HGETALL', key] : ['GET', key]));
  });
  return [...keys, ...(await Promise.all(values))].join('\n');
}
