import type { ReplayStore } from '@verified-mobile/core';
import type { RedisConnection } from '@verified-mobile/redis';
import { faultsIn, requireFault, secondsUntil } from '@verified-mobile/test-support/fault-table';
import { hasRedis } from '@verified-mobile/test-support/redis-server';
import { describe, expect, it } from 'vitest';
import { CONNECT } from '../clients.ts';
import { MANAGED_EVENTS } from './managed-events.ts';
import { SCRIPT_MUTANTS, withScript } from './script-mutants.ts';
import { SERVER_EVENTS } from './server-events.ts';
import { type Aftermath, type FaultEvent, newUses, outcomeOf, outcomesOf, Stage } from './stage.ts';

const EVENTS = [...SERVER_EVENTS, ...MANAGED_EVENTS];
const README = new URL('../../README.md', import.meta.url);

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

/** How many tokens that were issued before, and never used, are refused. */
async function refusedNeedlessly({ store, unused }: Aftermath): Promise<number> {
  return unused.length - ((await outcomesOf(store, unused))['first-use'] ?? 0);
}

describe.skipIf(!hasRedis)('no token is accepted again after', () => {
  const cases = EVENTS.flatMap((event) =>
    (event.clients ?? Object.keys(CONNECT)).map((client) => [event.name, client, event] as const),
  );
  it.concurrent.each(cases)('%s, over %s', async (name, client, event) => {
    await afterEvent(
      event,
      async (aftermath) => {
        const seconds = secondsUntil(async () => newTokensPass(aftermath.store));
        const twice = await acceptedTwice(aftermath);
        const needlessly = await refusedNeedlessly(aftermath);
        expect(twice).toBe(0);
        const counted = {
          event: name,
          acceptedTwice: `${twice} of ${aftermath.used.length}`,
          refusedNeedlessly: `${needlessly} of ${aftermath.unused.length}`,
        };
        await requireFault(README, counted, seconds);
      },
      client,
    );
  });

  it('what the README lists, and nothing else', () => {
    expect(faultsIn(README).toSorted()).toEqual(EVENTS.map(({ name }) => name).toSorted());
  });
});

describe.skipIf(!hasRedis)('the events refuse a script that', () => {
  it.concurrent.each(SCRIPT_MUTANTS.map((mutant) => [mutant.name, mutant] as const))('%s', async (_name, mutant) => {
    const event = EVENTS.find(({ name }) => name === mutant.refusedBy)!;
    expect(await afterEvent(event, acceptedTwice, 'npm redis', withScript(mutant.change))).toBeGreaterThan(0);
  });
});
