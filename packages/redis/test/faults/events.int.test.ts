import { fileURLToPath } from 'node:url';
import type { ReplayStore } from '@verified-mobile/core';
import type { RedisConnection } from '@verified-mobile/redis';
import { type FaultRow, faultTable } from '@verified-mobile/test-support/fault-table';
import { hasRedis } from '@verified-mobile/test-support/redis-server';
import { describe, expect, it } from 'vitest';
import { CONNECT } from '../clients.ts';
import { MANAGED_EVENTS } from './managed-events.ts';
import { SCRIPT_MUTANTS, withScript } from './script-mutants.ts';
import { SERVER_EVENTS } from './server-events.ts';
import { type Aftermath, type FaultEvent, newUses, outcomeOf, outcomesOf, Stage } from './stage.ts';

const EVENTS = [...SERVER_EVENTS, ...MANAGED_EVENTS];
const README = fileURLToPath(new URL('../../README.md', import.meta.url));
const table = faultTable(
  README,
  EVENTS.map(({ name }) => name),
);

async function afterEvent<Result>(
  event: FaultEvent,
  look: (aftermath: Aftermath) => Promise<Result>,
  client: string,
  wrap?: (connection: RedisConnection) => RedisConnection,
): Promise<Result> {
  const stage = new Stage(client, wrap);
  try {
    return await look(await event.play(stage));
  } finally {
    await stage.clear();
  }
}

/** How many tokens pass for a second operation. */
async function acceptedTwice({ store, used }: Aftermath): Promise<number> {
  return (await outcomesOf(store, used, 'two'))['first-use'] ?? 0;
}

/** Whether they do on every server of a cluster. */
async function newTokensPass(store: ReplayStore): Promise<boolean> {
  const outcomes = await Promise.all(newUses(64, Date.now()).map(async (use) => outcomeOf(store, use)));
  return outcomes.every((outcome) => outcome === 'first-use');
}

async function rowOf(name: string, aftermath: Aftermath): Promise<FaultRow> {
  const { store, unused } = aftermath;
  const startedAt = performance.now();
  const twice = await acceptedTwice(aftermath);
  const passed = (await outcomesOf(store, unused))['first-use'] ?? 0;
  const refusedNeedlessly =
    passed === unused.length ? 'none' : passed === 0 ? 'tokens issued before' : 'some issued before';
  while (!(await newTokensPass(store))) await new Promise(setImmediate);
  return {
    event: name,
    acceptedTwice: twice,
    refusedNeedlessly,
    secondsUntilNewTokensPass: (performance.now() - startedAt) / 1000,
  };
}

describe.skipIf(!hasRedis)('no token is accepted again after', () => {
  const cases = EVENTS.flatMap((event) =>
    (event.clients ?? Object.keys(CONNECT)).map((client) => [event.name, client, event] as const),
  );
  it.concurrent.each(cases)('%s, over %s', async (name, client, event) => {
    const row = await afterEvent(event, async (aftermath) => rowOf(name, aftermath), client);
    expect(row.acceptedTwice).toBe(0);
    table.add(row);
  });

  it('what the README lists, with these consequences', () => {
    expect(table.expected()).toEqual(table.found());
  });
});

describe.skipIf(!hasRedis)('the events refuse a script that', () => {
  it.concurrent.each(SCRIPT_MUTANTS.map((mutant) => [mutant.name, mutant] as const))('%s', async (_name, mutant) => {
    const event = EVENTS.find(({ name }) => name === mutant.refusedBy)!;
    expect(await afterEvent(event, acceptedTwice, 'npm redis', withScript(mutant.change))).toBeGreaterThan(0);
  });
});
