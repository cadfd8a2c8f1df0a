/** Sends messages over one bind and tells this process's memory as it goes: `<port> <messages> <readings>`. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { routeContender, WINDOW } from './contenders.ts';

const [port, messages, readings] = process.argv.slice(2).map(Number) as [number, number, number];
const { send, close } = await routeContender(port);
// What is compiled and kept from the first messages on is no growth.
const used = [await usedAfter(messages / readings)];
for (let reading = 0; reading < readings; reading += 1) used.push(await usedAfter(messages / readings));
await close();
process.send?.(used);
process.disconnect();

async function usedAfter(count: number): Promise<number> {
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await send();
  };
  await Promise.all(Array.from({ length: WINDOW }, worker));
  await nextTurn();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
