import { createTestIssuer } from '@verified-mobile/core/testing';
import { describe, expect, it } from 'vitest';
import { compare, comparisonRows } from '../src/guard/comparison.ts';
import { BARE, BY_HAND, type Contender, OURS, SIGNATURE } from '../src/guard/contenders.ts';
import { youngTokens } from '../src/guard/keys.ts';
import type { Load, Sample } from '../src/guard/measure.ts';

const named = (name: string): Contender => ({ framework: 'Express', name, algorithms: ['ES256'] });
const EMPTY: Load = { warmUp: [], tokens: [], status: 201 };

const sample = (cpuMicroseconds: number, changes: Partial<Sample> = {}): Sample => ({
  cpuMicroseconds,
  p99Milliseconds: 1,
  requestsPerSecond: 1_000,
  unexpected: 0,
  ...changes,
});

const issuedAt = (token: string): number =>
  (JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { iat: number }).iat;

describe('a comparison', () => {
  it('measures no token older than a minute, however slow the machine is', async () => {
    const time = { now: Date.UTC(2026, 4, 22, 10, 34, 4) };
    const clock = (): number => time.now;
    const issuer = createTestIssuer({ clock });
    const tokens = youngTokens(issuer, 1, { clock });
    const seen: { token: string; age: number }[] = [];
    await compare({
      contenders: [named(BARE), named(OURS)],
      newLoad: () => ({ warmUp: [], tokens: tokens(), status: 201 }),
      rounds: 2,
      measure: async (_contender, load) => {
        for (const token of load.tokens) seen.push({ token, age: time.now / 1000 - issuedAt(token) });
        time.now += 60_000;
        return Promise.resolve(sample(1));
      },
    });
    expect(seen.map(({ age }) => age)).toEqual([0, 60, 0, 60, 0, 60]);
    expect(new Set(seen.map(({ token }) => token)).size).toBe(3);
  });

  it('sends to all at half the rate of the slowest', async () => {
    const asked: [string, number | 'flood'][] = [];
    const floods: Record<string, number> = { [BARE]: 4_000, [OURS]: 1_001 };
    const { requestsPerSecond } = await compare({
      contenders: [named(BARE), named(OURS)],
      newLoad: () => EMPTY,
      rounds: 1,
      measure: async ({ name }, _load, rate) => {
        asked.push([name, rate]);
        return Promise.resolve(sample(1, { requestsPerSecond: floods[name]! }));
      },
    });
    expect(requestsPerSecond).toBe(500);
    expect(asked).toEqual([
      [BARE, 'flood'],
      [OURS, 'flood'],
      [BARE, 500],
      [OURS, 500],
    ]);
  });
});

describe('the rows of a comparison', () => {
  const rows = (changes: Partial<Record<string, Sample[]>> = {}): readonly (readonly string[])[] => {
    const three = (cpu: number): Sample[] => [sample(cpu), sample(cpu), sample(cpu)];
    const samples = { [BARE]: three(100), [SIGNATURE]: three(120), [OURS]: three(130), [BY_HAND]: three(160) };
    return comparisonRows(new Map(Object.entries({ ...samples, ...changes } as Record<string, Sample[]>)));
  };

  it('divide what is added to the bare route of the same round', () => {
    expect(rows()).toEqual([
      [BARE, '[100.0 (100.0 to 100.0)]', '', '', '1.0'],
      [SIGNATURE, '20.0 (20.0 to 20.0)', '1.00 (1.00 to 1.00)', '1.50 (1.50 to 1.50)', '1.0'],
      [OURS, '30.0 (30.0 to 30.0)', '1.50 (1.50 to 1.50)', '1.00 (1.00 to 1.00)', '1.0'],
      [BY_HAND, '60.0 (60.0 to 60.0)', '3.00 (3.00 to 3.00)', '0.50 (0.50 to 0.50)', '1.0'],
    ]);
  });

  it('hold no ratio whose rounds disagree', () => {
    const [, , ours] = rows({ [OURS]: [sample(125), sample(130), sample(140)] });
    expect(ours?.[2]).toBe('rounds disagree: 1.25 to 2.00');
  });

  it('are void from the first unexpected answer, and so is every ratio to them', () => {
    const [, signature, ours, byHand] = rows({ [OURS]: [sample(130), sample(130, { unexpected: 1 }), sample(130)] });
    expect(ours).toEqual([OURS, 'void: 1 unexpected answers', '', '', '']);
    expect(signature?.[3]).toBe('');
    expect(byHand?.slice(1, 4)).toEqual(['60.0 (60.0 to 60.0)', '3.00 (3.00 to 3.00)', '']);
  });

  it('add nothing to a bare route that is void', () => {
    const [, signature, ours] = rows({ [BARE]: [sample(100, { unexpected: 2 }), sample(100), sample(100)] });
    expect(signature?.slice(1, 4)).toEqual(['', '', '']);
    expect(ours?.slice(1, 4)).toEqual(['', '', '']);
  });
});
