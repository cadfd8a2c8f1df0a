import { nodeRedis, redisReplayStore } from '@verified-mobile/redis';
import { printTable } from '../table.ts';
import { connectNodeRedis, newUse } from './contenders.ts';
import { startRedis } from './databases.ts';

const CONCURRENCY = 512;

/** Prints the server's memory for each id, with that many ids live. */
export async function measureBytesPerId(ids: number): Promise<void> {
  const rows: string[][] = [];
  for (const layout of ['plain', 'compact'] as const) {
    const server = await startRedis();
    const client = await connectNodeRedis(server.socket);
    const store = redisReplayStore(nodeRedis(client), { layout, timeoutMs: 10_000 });
    const usedMemory = async (): Promise<number> => Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1]);
    const before = await usedMemory();
    const { signal } = new AbortController();
    for (let count = 0; count < ids; count += CONCURRENCY) {
      await Promise.all(Array.from({ length: CONCURRENCY }, async () => store.consume(newUse(), { signal })));
    }
    const held = Math.ceil(ids / CONCURRENCY) * CONCURRENCY;
    rows.push([layout, String(held), (((await usedMemory()) - before) / held).toFixed(1)]);
    await store.close();
    server.stop();
  }
  printTable('Bytes for each id in Redis (target: plain 150 at most, compact 35)', ['layout', 'ids', 'bytes'], rows);
}
