import { createClient } from 'redis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { IssuerOptions, Outbox } from '@verified-mobile/issuer';
import { nodeRedis, redisOtpStore, redisOutbox } from '@verified-mobile/issuer/redis';
import { hasRedis, type RedisServer, startRedis } from '@verified-mobile/test-support/redis-server';
import { startTcpProxy, type TcpProxy } from '@verified-mobile/test-support/tcp-proxy';
import { codeOf, type FakeRoute, fakeRoute, held, THROTTLED } from '../support/fake-route.ts';
import { type IssuerUnderTest, issuerUnderTest } from '../support/issuer-under-test.ts';

/** The outbox is behind a proxy that loses its answers, or is killed; the store has a server of its own. */
describe.skipIf(!hasRedis)('the Redis of the outbox fails', () => {
  let server: RedisServer;
  let stores: RedisServer;
  let proxy: TcpProxy;
  const clients: { destroy: () => void }[] = [];
  const issuers: IssuerUnderTest[] = [];

  beforeEach(async () => {
    [server, stores] = await Promise.all([startRedis(), startRedis()]);
    proxy = await startTcpProxy(server.port);
  });
  afterEach(async () => {
    await Promise.all(issuers.splice(0).map(async ({ nodes }) => nodes[0]?.close()));
    for (const client of clients.splice(0)) client.destroy();
    await proxy.stop();
    await Promise.all([server.stop(), stores.stop()]);
  });

  async function connect(port: number): Promise<ReturnType<typeof nodeRedis>> {
    const client = createClient({ socket: { port, host: '127.0.0.1' }, disableOfflineQueue: true });
    client.on('error', () => {});
    await client.connect();
    clients.push(client);
    return nodeRedis(client);
  }

  async function open(timeoutMs = 1_000): Promise<Outbox> {
    return redisOutbox(await connect(proxy.port), { timeoutMs });
  }

  async function start(outbox: Outbox, changes: Partial<IssuerOptions> = {}): Promise<Stage> {
    const [route, faults] = [fakeRoute('only'), [] as string[]];
    const store = redisOtpStore(await connect(stores.port), { timeoutMs: 30_000 });
    const onFault: IssuerOptions['onFault'] = ({ during }) => void faults.push(during);
    const issuer = issuerUnderTest({ routes: [route], outbox, store, onFault, ...changes });
    issuers.push(issuer);
    return { issuer, route, faults, tidOf: (answer) => String(answer.data?.['tid']) };
  }

  it('before a message is kept: the send is answered with 500, and no SMS goes out, then or later', async () => {
    const outbox = await open();
    const { issuer, route } = await start(outbox);
    await outbox.ready?.();
    await server.kill();
    expect((await issuer.send()).message).toBe('Internal error.');
    await server.start();
    await expect.poll(async () => (await issuer.send()).status).toBe(0);
    expect(route.sent).toHaveLength(1);
  });

  it('and keeps a message though its answer is lost: nobody hands it over', async () => {
    const outbox = await open();
    const { issuer, route } = await start(outbox);
    expect((await issuer.send()).status).toBe(0);
    proxy.loseReplies();
    expect((await issuer.send()).message).toBe('Internal error.');
    const { tid } = issuer.events.findLast(({ outcome }) => outcome === 'intended')!;
    proxy.reset();
    const direct = redisOutbox(await connect(server.port));
    await expect.poll(async () => (await direct.find('shop', String(tid)))?.state).toBe('refused');
    await expect.poll(async () => (await issuer.send()).status).toBe(0);
    expect(route.sent).toHaveLength(2);
  });

  it('while the provider answers: the caller is told, and the outbox is told when it is back', async () => {
    const { issuer, route, faults, tidOf } = await start(await open());
    const answer = held();
    route.answer = answer.answer;
    const sending = issuer.send();
    await expect.poll(() => route.sent.length).toBe(1);
    proxy.loseReplies();
    server.signal('SIGSTOP');
    answer.give({ outcome: 'accepted', messageId: 'sms-1' });
    const sent = await sending;
    expect(sent.status).toBe(0);
    expect(issuer.events.at(-1)).toMatchObject({ kind: 'send', outcome: 'accepted', messageId: 'sms-1' });
    await expect.poll(() => faults).toContain('delivery');
    server.signal('SIGCONT');
    proxy.reset();
    const direct = redisOutbox(await connect(server.port));
    await expect.poll(async () => (await direct.find('shop', tidOf(sent)))?.state).toBe('accepted');
    expect((await issuer.verify({ otp: codeOf(route) })).status).toBe(0);
    expect(route.sent).toHaveLength(1);
  });

  it('and has restarted empty while the provider answers: the caller is told all the same', async () => {
    const { issuer, route } = await start(await open());
    const answer = held();
    route.answer = answer.answer;
    const sending = issuer.send();
    await expect.poll(() => route.sent.length).toBe(1);
    await server.kill();
    await server.start();
    answer.give({ outcome: 'accepted' });
    expect((await sending).status).toBe(0);
    expect((await issuer.verify({ otp: codeOf(route) })).status).toBe(0);
  });

  it('while a message waits: it goes out when the outbox is back', async () => {
    const { issuer, route } = await start(await open(), { smsTimeoutMs: 30_000 });
    route.answer = () => ({ ...THROTTLED, retryAfterMs: 500 }) as typeof THROTTLED;
    const sending = issuer.send();
    await expect.poll(async () => (await server.command('ZCARD', '{otp}oqueued')).trim()).toBe('1');
    let accepted = 0;
    route.answer = () => {
      accepted += 1;
      return { outcome: 'accepted' };
    };
    server.signal('SIGSTOP');
    proxy.hang();
    server.signal('SIGCONT');
    expect((await sending).status).toBe(0);
    expect(accepted).toBe(1);
  });

  it('and has forgotten a message that waits: it is not sent, for it may have been', async () => {
    const { issuer, route } = await start(await open(), { smsTimeoutMs: 30_000 });
    route.answer = () => ({ ...THROTTLED, retryAfterMs: 500 }) as typeof THROTTLED;
    const sending = issuer.send();
    await expect.poll(async () => (await server.command('ZCARD', '{otp}oqueued')).trim()).toBe('1');
    await server.command('FLUSHALL');
    const { length: before } = route.sent;
    expect((await sending).message).toBe('OTP could not be sent. Please try again.');
    expect(route.sent).toHaveLength(before);
  });
});

interface Stage {
  issuer: IssuerUnderTest;
  route: FakeRoute;
  faults: string[];
  tidOf: (answer: { data?: Record<string, unknown> }) => string;
}
