/** Which room of src may import which, types included: an arrow back would make two rooms one. */
import {
  misplacedRooms,
  packagesOf,
  readSources,
  type Stages,
  wrongImports,
} from '@verified-mobile/test-support/layers';
import { describe, expect, it } from 'vitest';

const STAGES: Stages = [
  ['command'],
  ['sandbox'],
  ['node'],
  ['index', 'redis', 'testing', 'http-sms'],
  ['create-issuer'],
  ['http'],
  ['setup'],
  ['tokens', 'store', 'ledger', 'metrics', 'delivery'],
  ['sms'],
  ['dlt'],
  ['domain'],
  ['lib'],
];

/** Any package that serves, checks or signs: a program that only verifies its ledger must not load them. */
const SERVICE_PACKAGES = /^(?:hono|@hono|zod|jose|pino|redis)(?:\/|$)/;

describe('the rooms of src', () => {
  const sources = readSources(new URL('../src/', import.meta.url));

  it('import only what stands below them, and all have a place in the order', () => {
    expect(wrongImports(sources, STAGES)).toEqual([]);
    expect(misplacedRooms(sources, STAGES)).toEqual([]);
  });

  it('load nothing of the service for the ledger', () => {
    const packages = packagesOf('ledger.ts', sources);
    expect(packages).toContain('node:crypto');
    expect(packages.filter((name) => !name.startsWith('node:'))).toEqual([]);
  });

  it('load only the Prometheus client for the metrics, and nothing of the service for the Redis store', () => {
    expect(packagesOf('metrics.ts', sources)).toEqual(['prom-client']);
    expect(packagesOf('index.ts', sources)).not.toContain('prom-client');
    expect(packagesOf('redis.ts', sources).filter((name) => SERVICE_PACKAGES.test(name))).toEqual([]);
  });

  it('load nothing of the service for a route over HTTP', () => {
    expect(packagesOf('http-sms.ts', sources).filter((name) => !name.startsWith('node:'))).toEqual([]);
  });

  it('load nothing but the reader of YAML for the DLT registry', () => {
    const packages = packagesOf('dlt.ts', sources).filter((name) => !name.startsWith('node:'));
    expect([...new Set(packages)]).toEqual(['yaml']);
  });

  it('load the service for the service', () => {
    expect(packagesOf('index.ts', sources)).toEqual(expect.arrayContaining(['hono', 'zod', 'jose']));
  });
});
