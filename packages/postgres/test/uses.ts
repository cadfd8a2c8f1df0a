import { randomBytes } from 'node:crypto';
import type { ConsumeResult, TokenUse } from '@verified-mobile/core';
import { postgresReplayStore } from '@verified-mobile/postgres';
import { secondsUntil } from '@verified-mobile/test-support/fault-table';
import type { TestPool } from './clients.ts';

export const README: URL = new URL('../README.md', import.meta.url);

/** Uses of tokens issued just now, as guards make them. */
export function newUses(count: number): TokenUse[] {
  const issuedAt = Math.floor(Date.now() / 1000) * 1000;
  return Array.from({ length: count }, () => ({
    id: randomBytes(16).toString('base64url'),
    operation: 'operation-one',
    issuedAt,
    expiresAt: issuedAt + 420_000,
  }));
}

/** How often the store answered what, once for each use. */
export async function consumeAll(
  client: TestPool,
  uses: readonly TokenUse[],
  operation: string,
): Promise<Partial<Record<ConsumeResult['outcome'], number>>> {
  const store = postgresReplayStore(client.pool);
  const { signal } = new AbortController();
  const counts: Partial<Record<ConsumeResult['outcome'], number>> = {};
  for (const use of uses) {
    const { outcome } = await store.consume({ ...use, operation }, { signal });
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}

/** Call it at the moment of the fault. */
export function secondsUntilNewTokensPass(client: TestPool): Promise<number> | undefined {
  return secondsUntil(async () => (await consumeAll(client, newUses(1), 'operation-one'))['first-use'] === 1);
}
