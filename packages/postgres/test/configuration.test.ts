import { readdirSync, readFileSync } from 'node:fs';
import * as postgres from '@verified-mobile/postgres';
import { postgresReplayStore } from '@verified-mobile/postgres';
import { faultsIn } from '@verified-mobile/test-support/fault-table';
import { describe, expect, it } from 'vitest';
import { README } from './uses.ts';

const client = { query: async () => Promise.resolve({ rows: [] }) };

describe('postgresReplayStore()', () => {
  it.each([
    [{ consumption: 'later' }, /'before-handler' or 'within-transaction'/],
    [{ ttl: 300 }, /has no option ttl/],
    [{ issuerClockToleranceSeconds: 61 }, /from 0 to 60/],
    [{ forgetsExpired: 1 }, /true or false/],
    [{ startTimeoutMs: 0 }, /from 1 to/],
  ])('refuses %o', (options, message) => {
    expect(() => postgresReplayStore(client, options as never)).toThrow(message);
  });

  it('refuses what is no client, and takes 0 for 0', () => {
    expect(() => postgresReplayStore({} as never)).toThrow(/Pool of npm pg/);
    expect(postgresReplayStore(client, { issuerClockToleranceSeconds: 0 }).scope).toBe('shared');
  });

  it('says whether it consumes itself, for those that have no handler to do it', () => {
    const consumption = 'within-transaction';
    expect(postgresReplayStore(client, { consumption })).toMatchObject({ consumption });
    expect(postgresReplayStore(client)).toMatchObject({ consumption: 'before-handler' });
  });
});

it('exports these names, and no others', () => {
  expect(Object.keys(postgres).toSorted()).toEqual([
    'ProofNotConsumedError',
    'consumeWithin',
    'forgetExpired',
    'migrate',
    'postgresReplayStore',
  ]);
});

it('tells in its README of faults that a test makes, and of no others', () => {
  const folder = new URL('./', import.meta.url);
  const tests = readdirSync(folder).filter((name) => name.endsWith('.int.test.ts'));
  const texts = tests.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n');
  expect(faultsIn(README).filter((event) => !texts.includes(`'${event}'`))).toEqual([]);
});
