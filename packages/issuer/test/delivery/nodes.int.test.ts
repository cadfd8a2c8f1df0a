import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SmsResult } from '@verified-mobile/issuer';
import { hasRedis, type RedisServer, startRedis } from '@verified-mobile/test-support/redis-server';
import { THROTTLED, UNAVAILABLE } from '../support/fake-route.ts';
import type { Job, Told } from '../worker/worker.ts';

const WORKER = fileURLToPath(new URL('../worker/dist/worker.js', import.meta.url));
const ACCEPTED: SmsResult = { outcome: 'accepted' };

interface Node {
  child: ChildProcess;
  told: Told[];
  tell: (job: Job) => void;
  /** The codes that it handed over. */
  handed: (route?: string) => (string | undefined)[];
  events: (event: string) => Told[];
  answers: () => Told[];
}

function throttledFor(retryAfterMs: number): SmsResult {
  return { outcome: 'refused', reason: 'throttled', retryAfterMs };
}

describe.skipIf(!hasRedis)('several nodes on one Redis', () => {
  let server: RedisServer;
  const children: ChildProcess[] = [];
  beforeEach(async () => void (server = await startRedis()));
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await server.stop();
  });

  async function start(routes: Record<string, SmsResult | 'hang'>, smsTimeoutMs = 1_000): Promise<Node> {
    const settings = { ROUTES: JSON.stringify(routes), SMS_TIMEOUT_MS: String(smsTimeoutMs) };
    const child = fork(WORKER, { env: { REDIS_URL: server.url, ...settings }, execArgv: [] });
    children.push(child);
    const told: Told[] = [];
    child.on('message', (message) => void told.push(message as Told));
    await expect.poll(() => told[0]?.ready).toBe(true);
    return {
      child,
      told,
      tell: (job) => void child.send(job),
      handed: (route) => {
        const handedOver = told.filter(({ handed }) => handed !== undefined);
        return handedOver.filter((one) => route === undefined || one.route === route).map(({ handed }) => handed);
      },
      events: (event) => told.filter((one) => one.event === event),
      answers: () => told.filter(({ answer }) => answer !== undefined),
    };
  }

  const queued = (node: Node): number => node.events('send').filter(({ reason }) => reason === 'queued').length;
  const challenges = (told: readonly Told[]): Set<string | undefined> =>
    new Set(told.map(({ challengeId }) => challengeId));

  it('send each message once that waited on a node that was killed, with its code, and record its end', async () => {
    const killed = await start({ only: throttledFor(100_000) }, 300);
    killed.tell({ sends: 20 });
    await expect.poll(() => queued(killed)).toBe(20);
    const others = [await start({ only: ACCEPTED }), await start({ only: ACCEPTED })];
    const handed = (): (string | undefined)[] => others.flatMap((node) => node.handed());
    const ends = (): Told[] => others.flatMap((node) => node.events('delivery'));
    expect(handed()).toEqual([]);
    killed.child.kill('SIGKILL');
    await expect.poll(() => ends().length).toBe(20);
    expect(handed()).toHaveLength(20);
    // Those that its route refused before it asked for the pause have the same codes as then.
    expect(handed()).toEqual(expect.arrayContaining(killed.handed()));
    expect(ends().every(({ outcome, reason }) => outcome === 'accepted' && reason === undefined)).toBe(true);
    const intended = killed.events('send').filter(({ outcome }) => outcome === 'intended');
    expect(challenges(ends())).toEqual(challenges(intended));
    others[0]!.tell({ usage: true });
    await expect.poll(() => others[0]!.answers().at(-1)?.answer?.data.sent).toBe(20);
  });

  it('take what a killed node was handing over for unknown, and hand it over to nobody', async () => {
    const killed = await start({ only: 'hang' }, 30_000);
    killed.tell({ sends: 5 });
    await expect.poll(() => killed.handed().length).toBe(5);
    killed.child.kill('SIGKILL');
    const other = await start({ only: ACCEPTED });
    await expect.poll(() => other.events('delivery').length).toBe(5);
    expect(other.events('delivery').map(({ reason }) => reason)).toEqual(killed.handed().map(() => 'sms-unknown'));
    other.tell({ sends: 1 });
    await expect.poll(() => other.answers().length).toBe(1);
    expect(other.handed()).toHaveLength(1);
  });

  it('hand nothing over twice when one of them stood still for longer than its lease, and goes on', async () => {
    const asleep = await start({ only: throttledFor(2_000) }, 200);
    asleep.tell({ sends: 10 });
    await expect.poll(() => queued(asleep)).toBe(10);
    const before = asleep.handed().length;
    asleep.child.kill('SIGSTOP');
    const other = await start({ only: ACCEPTED });
    await expect.poll(() => other.events('delivery').length).toBe(10);
    asleep.child.kill('SIGCONT');
    asleep.tell({ sends: 1 });
    await expect.poll(() => asleep.answers().length).toBe(11);
    const again = new Set(asleep.handed().slice(before));
    expect(other.handed().filter((code) => again.has(code))).toEqual([]);
  });

  it.each<[string, SmsResult]>([
    ['refuses', { outcome: 'refused', reason: 'message', operatorCode: '633' }],
    ['is down', UNAVAILABLE],
    ['is throttled', THROTTLED],
  ])('send by the second route with the same code if the first one %s', async (_, first) => {
    const node = await start({ first, second: ACCEPTED });
    node.tell({ sends: 1 });
    await expect.poll(() => node.answers().at(-1)?.answer?.status).toBe(0);
    expect(node.handed('second')).toEqual(node.handed('first'));
    expect(node.events('send').at(-1)).toMatchObject({ outcome: 'accepted', route: 'second' });
  });

  it('lose to a route that hangs what it may have accepted, and send what follows by the other', async () => {
    const node = await start({ first: 'hang', second: ACCEPTED }, 300);
    node.tell({ sends: 5 });
    await expect.poll(() => node.answers().length).toBe(5);
    node.tell({ sends: 5 });
    await expect.poll(() => node.answers().length).toBe(10);
    // If a second has passed, one of them is the probe.
    expect(node.handed('first').length + node.handed('second').length).toBe(10);
    expect(node.handed('second').length).toBeGreaterThanOrEqual(4);
    expect(node.handed('second').filter((code) => node.handed('first').includes(code))).toEqual([]);
  });
});
