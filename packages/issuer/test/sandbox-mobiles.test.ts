/** The mobiles that fail on purpose. */
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { FAILING_MOBILES } from '../src/sandbox/failing-mobiles.ts';
import { eventsOf } from './support/event-stream.ts';
import type { Answer } from './support/issuer-under-test.ts';
import { sandboxUnderTest } from './support/sandbox-under-test.ts';

const FAILURE = 1;
afterEach(() => void vi.useRealTimers());

describe('mobiles that fail on purpose', () => {
  it('refused: Send OTP fails, no SMS arrives, and nothing is said of it on standard error', async () => {
    const stderr = vi.spyOn(process.stderr, 'write');
    onTestFinished(() => stderr.mockRestore());
    const sandbox = sandboxUnderTest();
    expect(await sandbox.sent('6000000001')).toBe(FAILURE);
    expect(await sandbox.messages()).toEqual([]);
    expect(await faultsOf(sandbox)).toEqual([expect.objectContaining({ during: 'send-sms', code: 'refused' })]);
    expect(stderr).not.toHaveBeenCalled();
  });

  it("unregistered: Send OTP fails, and the fault has the operators' code", async () => {
    const sandbox = sandboxUnderTest();
    expect(await sandbox.sent('6000000007')).toBe(FAILURE);
    expect(await sandbox.messages()).toEqual([]);
    expect(await faultsOf(sandbox)).toEqual([
      {
        during: 'send-sms',
        name: 'SmsRefusedOnPurpose',
        code: '633',
        message: 'The text is not that of the registered template.',
      },
    ]);
  });

  it('lost: Send OTP succeeds, and no SMS arrives', async () => {
    const sandbox = sandboxUnderTest();
    expect(await sandbox.sent('6000000002')).toBe(0);
    await sandbox.control('/sandbox/clock', { advanceSeconds: 3600 });
    expect(await sandbox.messages()).toEqual([]);
  });

  it('late: the SMS arrives when 20 s have passed, and its code is good', async () => {
    const sandbox = sandboxUnderTest();
    expect(await sandbox.sent('6000000003')).toBe(0);
    sandbox.clock.now += 19_999;
    expect(await sandbox.messages()).toEqual([]);
    sandbox.clock.now += 1;
    expect(await sandbox.messages()).toEqual([expect.objectContaining({ sentAt: '2026-05-22T10:29:04.250Z' })]);
    expect((await sandbox.verify('6000000003')).status).toBe(0);
  });

  it('late: the SMS is among the events once the clock was moved', async () => {
    const sandbox = sandboxUnderTest();
    await sandbox.send('6000000003');
    await sandbox.control('/sandbox/clock', { advanceSeconds: 19 });
    expect(await namesOf(sandbox)).not.toContain('message');
    await sandbox.control('/sandbox/clock', { advanceSeconds: 1 });
    expect(await namesOf(sandbox)).toContain('message');
  });

  it('late: the SMS arrives by itself in real time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'Date'] });
    const sandbox = sandboxUnderTest({ clock: Date.now });
    sandbox.clock.now = Date.now();
    await sandbox.send('6000000003');
    await vi.advanceTimersByTimeAsync(19_999);
    expect(await namesOf(sandbox)).not.toContain('message');
    await vi.advanceTimersByTimeAsync(2);
    expect(await namesOf(sandbox)).toContain('message');
  });

  it('expired: the SMS arrives, and its code is refused as expired', async () => {
    const sandbox = sandboxUnderTest();
    expect(await sandbox.sent('6000000004')).toBe(0);
    const { status, message } = await sandbox.verify('6000000004');
    expect([status, message]).toEqual([FAILURE, 'OTP verification failed.']);
    expect(await issuerEventsOf(sandbox)).toContainEqual(
      expect.objectContaining({ kind: 'attempt', outcome: 'refused', reason: 'expired' }),
    );
  });

  it('locked: Send OTP says to wait 30 s, also when these are over, and Verify OTP fails', async () => {
    const sandbox = sandboxUnderTest();
    for (let sends = 0; sends < 2; sends += 1) {
      const response = await sandbox.send('6000000005');
      expect(response.headers.get('retry-after')).toBe('30');
      expect((await response.json()) as Answer).toMatchObject({
        status: FAILURE,
        message: 'OTP was not sent: too many requests for this mobile. Try again in 30 seconds.',
      });
      sandbox.clock.now += 30_000;
    }
    expect((await sandbox.verify('6000000005', '123456')).status).toBe(FAILURE);
    const reasons = (await issuerEventsOf(sandbox)).map(({ reason }) => reason);
    expect(reasons).toEqual(['failures', 'failures', 'failures']);
  });

  it('unanswered: Send OTP counts it as sent after 5 s, and the code of the SMS is good', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const sandbox = sandboxUnderTest();
    let status: number | undefined;
    const sent = sandbox.sent('6000000006').then((answered) => (status = answered));
    await vi.advanceTimersByTimeAsync(4_999);
    expect(status).toBe(undefined);
    await vi.advanceTimersByTimeAsync(1);
    expect(await sent).toBe(0);
    expect(await issuerEventsOf(sandbox)).toContainEqual(
      expect.objectContaining({ kind: 'send', outcome: 'accepted', reason: 'sms-unknown' }),
    );
    expect((await sandbox.verify('6000000006')).status).toBe(0);
  });
});

const LISTED = Object.entries(FAILING_MOBILES).map(([name, { mobile, effect }]) => [name, mobile.slice(3), effect]);

it('are listed on the page and in the README as the code has them', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const rows = [...readme.matchAll(/^\| (\w+) +\| `(6[0-9]{9})` +\| (.+?) +\|$/gm)].map(([, ...cells]) => cells);
  expect(rows).toEqual(LISTED);
  const page = await (await sandboxUnderTest().get('/')).text();
  const shown = [...page.matchAll(/<tr><th>(\w+)<\/th><td><code>(6[0-9]{9})<\/code><\/td><td>(.+?)<\/td>/g)];
  expect(shown.map(([, name, mobile, effect]) => [name, mobile, effect?.replaceAll('&#39;', "'")])).toEqual(LISTED);
});

type Stage = Pick<ReturnType<typeof sandboxUnderTest>, 'get'>;

async function faultsOf(sandbox: Stage): Promise<object[]> {
  return (await eventsOf(sandbox)).filter(({ event }) => event === 'fault').map(({ data }) => data);
}

async function namesOf(sandbox: Stage): Promise<string[]> {
  return (await eventsOf(sandbox)).map(({ event }) => event);
}

async function issuerEventsOf(sandbox: Stage): Promise<Record<string, unknown>[]> {
  return (await eventsOf(sandbox)).filter(({ event }) => event === 'issuer').map(({ data }) => data);
}
