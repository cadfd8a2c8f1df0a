import { redisReplayStore } from '@verified-mobile/redis';
import { describe, expect, it } from 'vitest';
import { requireLegal } from '@verified-mobile/test-support/history';
import { hasRedis } from '@verified-mobile/test-support/redis-server';
import { CONNECT } from '../clients.ts';
import { guardGate } from './gate.ts';
import { playScenario, SCENARIOS } from './scenarios.ts';

const STORES = Object.entries(CONNECT).flatMap(([client, connect]) =>
  (['plain', 'compact'] as const).map((layout) => ({ client, connect, layout })),
);

describe.skipIf(!hasRedis).each(STORES)('the $layout store by $client', ({ connect, layout }) => {
  it.each(SCENARIOS)('holds: $name', async (scenario) => {
    const seed = String(Date.now());
    const openGate = async (...[issuer, port]: Parameters<Parameters<typeof playScenario>[1]>) =>
      guardGate(issuer, redisReplayStore(await connect(port), { layout }));
    const history = await playScenario(scenario, openGate, seed, layout);
    requireLegal(history, seed, scenario.tolerates);
    expect(history.filter(({ outcome }) => outcome === 'accepted').length).toBeGreaterThan(0);
  });
});
