import { hasRedis } from '@verified-mobile/test-support/redis-server';
import { describe, expect, it } from 'vitest';
import { outagesOf } from '../src/outages/outages.ts';
import { violationRows } from '../src/outages/report.ts';
import { soak } from '../src/outages/soak.ts';

const CHOSEN = ['Redis paused', 'node killed'];

describe.skipIf(!hasRedis)('a short soak of the issuer', () => {
  it('goes through its outages, finds nothing that must not be, and has seen customers served', async () => {
    const result = await soak({
      minutes: 0,
      customersPerSecond: 10,
      restMs: 500,
      outageMs: [500],
      outagesOf: (stage, round) => outagesOf(stage, round).filter(({ name }) => CHOSEN.includes(name)),
      signal: new AbortController().signal,
    });
    expect(violationRows(result).filter(([, count]) => count > 0)).toEqual([]);
    expect(result.times.map(({ name }) => name)).toEqual(CHOSEN);
    const { sends, tokens, consumptions } = result.record;
    for (const { length } of [sends, tokens, consumptions]) expect(length).toBeGreaterThan(0);
    expect(result.messages).toBeGreaterThan(0);
  });
});
