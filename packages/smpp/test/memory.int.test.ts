/** What stays of a message that is done with. */
import { HOLD, refuse, STATUS } from '@verified-mobile/test-support/smsc-script';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { sms, stage } from './stage.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

it('nothing: neither of one that was accepted, nor refused, nor given up, nor left without an answer', async () => {
  const script = {
    submit: (_submit: unknown, nth: number) =>
      [{ do: 'accept' } as const, refuse(STATUS.invalidDestination), HOLD][nth % 3]!,
  };
  const { smsc, route } = await stage({ responseTimeoutMs: 1_000, window: 30 }, { script });
  const traces: WeakRef<object>[] = [];
  const outcomes = new Set<string>();
  const sendOne = async (index: number): Promise<void> => {
    const [message, controller] = [sms(`${index}`), new AbortController()];
    traces.push(new WeakRef(message), new WeakRef(controller.signal));
    const sent = route.send(message, controller);
    if (index % 4 === 0) controller.abort();
    outcomes.add((await sent).outcome);
  };
  await Promise.all(Array.from({ length: 120 }, async (_, index) => sendOne(index)));
  await expect.poll(() => smsc.inFlight === 0 || outcomes.size === 3).toBe(true);
  expect([...outcomes].toSorted()).toEqual(['accepted', 'refused', 'unknown']);
  const left = async (): Promise<number> => {
    await nextTurn();
    collect();
    return traces.filter((trace) => trace.deref() !== undefined).length;
  };
  // The engine itself may keep the last of them for a while.
  await expect.poll(left).toBeLessThanOrEqual(2);
});
