import {
  consumeInTime,
  misconfigured,
  type ReplayStore,
  resolveSettings,
  type StoreState,
  untilReady,
} from '@verified-mobile/core/store';
import { isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const UNREACHABLE = 'The database cannot be reached.';
const READY: StoreState = { vouchesFrom: 0, clock: 1_000 };

describe('untilReady', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] }));
  afterEach(() => void vi.useRealTimers());

  /** What it came to after so many milliseconds: `waiting`, `ready` or the error. */
  const after = async (milliseconds: number, inspect: () => Promise<StoreState | readonly StoreState[]>, more = {}) => {
    let result: unknown = 'waiting';
    const options = { startTimeoutMs: 1_000, unreachable: UNREACHABLE, ...more };
    untilReady(inspect, options).then(
      () => (result = 'ready'),
      (error: unknown) => (result = error),
    );
    await vi.advanceTimersByTimeAsync(milliseconds);
    return result;
  };

  it('asks again, 50 ms later, until the server answers', async () => {
    const refusedOnce = () =>
      vi.fn<() => Promise<StoreState>>().mockResolvedValue(READY).mockRejectedValueOnce(new Error('refused'));
    expect(await after(49, refusedOnce())).toBe('waiting');
    const inspect = refusedOnce();
    expect(await after(50, inspect)).toBe('ready');
    expect(inspect).toHaveBeenCalledTimes(2);
  });

  it('gives up when the time is over, with the last fault as the cause', async () => {
    const inspect = async (): Promise<StoreState> => Promise.reject(new Error('refused'));
    expect(await after(1_000, inspect)).toBe('waiting');
    expect(await after(1_100, inspect)).toMatchObject({
      code: 'unavailable',
      message: UNREACHABLE,
      cause: { message: 'refused' },
    });
  });

  it('gives up at once on what no waiting mends', async () => {
    const evicts = async (): Promise<StoreState> =>
      Promise.reject(misconfigured('This server evicts. Set noeviction.'));
    expect(await after(0, evicts)).toMatchObject({ code: 'invalid_configuration', message: /evicts/ });
    const denied = async (): Promise<StoreState> => Promise.reject(new Error('NOPERM'));
    const remedyFor = (fault: unknown) =>
      (fault as Error).message === 'NOPERM' ? misconfigured('Grant it.') : undefined;
    expect(await after(0, denied, { remedyFor })).toMatchObject({
      code: 'invalid_configuration',
      message: 'Grant it.',
    });
  });

  it('waits for the first whole second after the fence, of the server that needs longest', async () => {
    const states = [
      { vouchesFrom: 10_001, clock: 10_500 },
      { vouchesFrom: 9_000, clock: 10_000 },
    ];
    expect(await after(499, async () => states)).toBe('waiting');
    expect(await after(500, async () => states)).toBe('ready');
    expect(await after(0, async () => ({ vouchesFrom: 10_000, clock: 10_000 }))).toBe('ready');
  });
});

describe('consumeInTime', () => {
  const use = { id: 'a'.repeat(22), operation: 'one', issuedAt: 1_000, expiresAt: 61_000 };
  const storeThat = (consume: ReplayStore['consume']): ReplayStore => ({ scope: 'shared', consume });

  it('says what the store says', async () => {
    const store = isolatedMemoryReplayStore({ clock: () => 1_000 });
    expect(await consumeInTime(store, use, 5)).toMatchObject({ outcome: 'first-use' });
    expect(await consumeInTime(store, { ...use, operation: 'two' }, 5)).toMatchObject({ outcome: 'used' });
  });

  it.each<[string, ReplayStore['consume']]>([
    ['never answers', async () => new Promise(() => undefined)],
    ['rejects', async () => Promise.reject(new Error('down'))],
    ['answers with no outcome', async () => 'OK' as never],
  ])('is an outage if the store %s', async (_, consume) => {
    await expect(consumeInTime(storeThat(consume), use, 5)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('resolveSettings', () => {
  const DEFAULTS = { timeoutMs: 5, table: 'token_use' };
  const resolve = (options: object) =>
    resolveSettings('myStore()', options, DEFAULTS, { timeoutMs: { from: 1, to: 10 } });

  it('takes what is given, and the default for what is undefined', () => {
    expect(resolve({ timeoutMs: 10, table: undefined })).toEqual({ timeoutMs: 10, table: 'token_use' });
  });

  it.each([
    [{ timeoutMs: 0 }, 'timeoutMs must be a whole number from 1 to 10.'],
    [{ timeoutMs: 11 }, 'timeoutMs must be a whole number from 1 to 10.'],
    [{ timeoutMs: 1.5 }, 'timeoutMs must be a whole number from 1 to 10.'],
    [{ timeoutMS: 5 }, 'myStore() has no option timeoutMS. It takes: timeoutMs, table.'],
    [[], 'myStore() takes one object of options.'],
  ])('refuses %j', (options, message) => expect(() => resolve(options)).toThrow(message));
});
