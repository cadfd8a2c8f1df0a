import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startPostgres } from '@verified-mobile/test-support/postgres-server';
import { hasRedis, startRedis } from '@verified-mobile/test-support/redis-server';
import { startTcpProxy } from '@verified-mobile/test-support/tcp-proxy';
import { sendBody, SHOP } from './support/issuer-under-test.ts';
import { CALLS, type Service, startService, verified } from './support/running-command.ts';

let folder: string;
let service: Service | undefined;
const servers: { stop: () => Promise<void> }[] = [];
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'issuer-'))));
afterEach(async () => {
  await service?.stop('SIGKILL');
  service = undefined;
  await Promise.all(servers.splice(0).map(async (server) => server.stop()));
  rmSync(folder, { recursive: true, force: true });
});

describe('verified-mobile-issuer', () => {
  it.skipIf(!hasRedis)('outlives a restart of the Redis that has its codes and used tokens', async () => {
    const redis = await startRedis('--appendonly', 'yes');
    servers.push(redis);
    service = await startService(folder, { more: { ISSUER_REDIS_URL: redis.url, ISSUER_REPLAY_STORE: 'redis' } });
    const token = await verified(service);
    expect(await consume(service, token)).toMatchObject({ status: 0 });
    await redis.kill();
    await expect.poll(async () => readiness(service)).toBe(503);
    await redis.start();
    await expect.poll(async () => readiness(service)).toBe(200);
    expect(await consume(service, token)).toMatchObject({ status: 1 });
  });

  it.skipIf(!hasRedis)('comes back when its Redis has vanished without a reset', async () => {
    const redis = await startRedis();
    const proxy = await startTcpProxy(redis.port);
    servers.push(redis, proxy);
    service = await startService(folder, {
      more: { ISSUER_REDIS_URL: `redis://127.0.0.1:${proxy.port}`, ISSUER_REPLAY_STORE: 'redis' },
    });
    proxy.hang();
    await expect.poll(async () => readiness(service)).toBe(200);
    const token = await verified(service);
    expect(await consume(service, token)).toMatchObject({ status: 0 });
  });

  it('outlives a restart of the PostgreSQL that has its ledger and used tokens', async () => {
    const postgres = await startPostgres();
    servers.push(postgres);
    service = await startService(folder, {
      more: {
        ISSUER_LEDGER_FOLDER: '',
        ISSUER_LEDGER_POSTGRES_URL: postgres.url,
        ISSUER_REPLAY_STORE: 'postgres',
        ISSUER_REPLAY_POSTGRES_URL: postgres.url,
      },
    });
    const token = await verified(service);
    expect(await consume(service, token)).toMatchObject({ status: 0 });
    await postgres.kill();
    await expect.poll(async () => readiness(service)).toBe(503);
    await postgres.start();
    await expect.poll(async () => readiness(service)).toBe(200);
    expect(await consume(service, token)).toMatchObject({ status: 1 });
  });

  it('says that it is not ready while that PostgreSQL hangs, and goes on when it is back', async () => {
    const postgres = await startPostgres();
    servers.push(postgres);
    service = await startService(folder, {
      more: { ISSUER_LEDGER_FOLDER: '', ISSUER_LEDGER_POSTGRES_URL: postgres.url },
    });
    await postgres.signal('SIGSTOP');
    expect(await readiness(service)).toBe(503);
    await service.says('"during":"ready","error":{"name":"IssuerError","code":"not_ready"');
    expect(await service.call('POST', CALLS, sendBody())).toMatchObject({ status: 0 });
    await service.says('"during":"ledger"');
    await postgres.signal('SIGCONT');
    await expect.poll(async () => readiness(service)).toBe(200);
  });
});

async function consume({ call }: Service, token: string): Promise<object> {
  return call('POST', `${CALLS}/consume-token`, { initiator_id: SHOP.initiatorId, otp_verification_token: token });
}

async function readiness(running: Service | undefined): Promise<number> {
  return (await fetch(`${running?.url}/ready`)).status;
}
