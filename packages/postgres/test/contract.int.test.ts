import { describeReplayStore } from '@verified-mobile/core/testing';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { PostgresServer } from '@verified-mobile/test-support/postgres-server';
import { POOLS, storeOn } from './clients.ts';
import { startMigrated } from './database.ts';

describe.each(Object.entries(POOLS))('PostgreSQL by %s', (name, createPool) => {
  let server: PostgresServer;
  beforeAll(async () => void (server = await startMigrated()), 30_000);
  afterAll(async () => server.stop());
  describeReplayStore(
    { describe, it },
    { name, createStore: async () => Promise.resolve(storeOn(createPool(server.url))) },
  );
});
