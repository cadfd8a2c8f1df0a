import { readFileSync } from 'node:fs';
import type { ConsumeResult, TokenUse } from '@verified-mobile/core';
import { describeReplayStore } from '@verified-mobile/core/testing';
import { describe, expect, it } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { type Database, exampleReplayStore, type Row } from './fixtures/example-replay-store.ts';
import { NOW } from './support.ts';

/** The imaginary database of the guide: a map, which JavaScript's one thread makes atomic. */
function database(rememberedSince = 0, clock: () => number = Date.now) {
  const rows = new Map<string, Row>();
  const state = { rememberedSince };
  const lineage = () => ({ rememberedSince: state.rememberedSince, clock: clock() });
  const open: Database = {
    insertIfAbsent: async (row) => {
      const existing = rows.get(row.id);
      if (existing === undefined) rows.set(row.id, row);
      return Promise.resolve({ existing, ...lineage() });
    },
    lineage: async () => Promise.resolve(lineage()),
  };
  const loseEverything = (): void => {
    rows.clear();
    state.rememberedSince = clock();
  };
  return { open, loseEverything };
}

const shared = database();
describeReplayStore(
  { describe, it },
  { name: 'the example of the guide', createStore: async () => Promise.resolve(exampleReplayStore(shared.open)) },
);

describe('the example of the guide', () => {
  const issued = (issuedAt: number): TokenUse => ({
    id: String(issuedAt).padEnd(22, 'x'),
    operation: 'operation-one',
    issuedAt,
    expiresAt: issuedAt + 420_000,
  });
  const { signal } = new AbortController();

  it('fences what may have been used before the database lost its memory, fast clocks of issuers included', async () => {
    const { open, loseEverything } = database(0, () => NOW);
    const store = exampleReplayStore(open);
    const outcome = async (issuedAt: number): Promise<ConsumeResult['outcome']> =>
      (await store.consume(issued(issuedAt), { signal })).outcome;
    expect(await outcome(NOW - 1_000)).toBe('first-use');
    loseEverything();
    expect(await outcome(NOW - 1_000)).toBe('fenced');
    expect(await outcome(NOW + 4_999)).toBe('fenced');
    expect(await outcome(NOW + 5_000)).toBe('first-use');
  });

  it('calls an outage an outage', async () => {
    const failure = new Error('connection lost');
    const store = exampleReplayStore({ ...database().open, insertIfAbsent: async () => Promise.reject(failure) });
    await expect(store.consume(issued(NOW), { signal })).rejects.toMatchObject({ code: 'unavailable', cause: failure });
  });

  it('refuses to start where waiting cures nothing', async () => {
    const lineage = async () => Promise.reject(new Error('permission denied for table token_use'));
    const store = exampleReplayStore({ ...database().open, lineage });
    await expect(store.ready!()).rejects.toMatchObject({ code: 'invalid_configuration' });
    expect(() => exampleReplayStore({} as Database)).toThrow('takes a Database');
    expect(() => exampleReplayStore(database().open, { startTimeoutMs: 0 })).toThrow('startTimeoutMs must be');
  });

  it('is what the guide shows, to the letter, and the guide is published', () => {
    const guide = readFileSync(new URL('../guides/replay-store.md', import.meta.url), 'utf8');
    const example = readFileSync(new URL('fixtures/example-replay-store.ts', import.meta.url), 'utf8');
    expect(guide).toContain(`\n\`\`\`ts\n${example}\`\`\`\n`);
    expect(manifest.files).toContain('guides');
  });
});
