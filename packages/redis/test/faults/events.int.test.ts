import type { ReplayStore } from '@verified-mobile/core';
import { faultsIn, requireFault, secondsUntil } from '@verified-mobile/test-support/fault-table';
import { hasRedis, REDIS_PROGRAMS } from '@verified-mobile/test-support/redis-server';
import { withScript } from '@verified-mobile/test-support/script-mutant';
import { describe, expect, it } from 'vitest';
import { MANAGED_EVENTS } from './managed-events.ts';
import { SCRIPT_MUTANTS } from './script-mutants.ts';
import { SERVER_EVENTS } from './server-events.ts';
import { type Aftermath, type FaultEvent, newUses, outcomeOf, outcomesOf, Stage } from './stage.ts';

const EVENTS = [...SERVER_EVENTS, ...MANAGED_EVENTS];
const README = new URL('../../README.md', import.meta.url);

async function afterEvent<Result>(event: FaultEvent, stage: Stage, look: (aftermath: Aftermath) => Promise<Result>) {
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

const SERVERS = [
  { program: 'redis-server', client: 'npm redis' },
  { program: 'redis-server', client: 'npm ioredis' },
  { program: 'valkey-server', client: 'npm redis' },
] as const;

describe.each(SERVERS.filter(({ program }) => REDIS_PROGRAMS.includes(program)))(
  'over $client no token is accepted again by $program after',
  ({ program, client }) => {
    const events = EVENTS.filter(({ clients = [client] }) => clients.includes(client));
    it.concurrent.each(events.map((event) => [event.name, event] as const))('%s', async (name, event) => {
      await afterEvent(event, new Stage(client, program), async (aftermath) => {
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
      });
    });
  },
);

it('these events, and no others, stand in the README', () => {
  expect(faultsIn(README).toSorted()).toEqual(EVENTS.map(({ name }) => name).toSorted());
});

describe.skipIf(!hasRedis)('the events refuse a script that', () => {
  it.concurrent.each(SCRIPT_MUTANTS.map((mutant) => [mutant.name, mutant] as const))('%s', async (_name, mutant) => {
    const event = EVENTS.find(({ name }) => name === mutant.refusedBy)!;
    const stage = new Stage('npm redis', 'redis-server', withScript(mutant.change));
    expect(await afterEvent(event, stage, acceptedTwice)).toBeGreaterThan(0);
  });
});
