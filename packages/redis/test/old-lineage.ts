import type { RedisServer } from '@verified-mobile/test-support/redis-server';

/**
 * Makes the lineage of empty servers vouch for tokens issued in the last hour, as it does once they have run so long:
 * tests have no time to wait for the fence. Of a cluster, give all primaries.
 */
export async function withOldLineage(server: RedisServer, layout?: 'plain' | 'compact'): Promise<RedisServer>;
export async function withOldLineage(cluster: readonly RedisServer[], layout?: 'plain' | 'compact'): Promise<void>;
export async function withOldLineage(
  servers: RedisServer | readonly RedisServer[],
  layout: 'plain' | 'compact' = 'plain',
): Promise<RedisServer | void> {
  if ('port' in servers) {
    await servers.command('EVAL', AGE, '1', '{vm1}lineage', layout, `${Date.now() - 3_600_000}`);
    return servers;
  }
  const base64url = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const [first] = servers;
  for (const character of base64url) {
    const since = `${Date.now() - 3_600_000}`;
    const answer = await first?.command('-c', 'EVAL', AGE, '1', `{vm1${character}}lineage`, layout, since);
    if (answer !== 'OK') throw new Error(answer);
  }
}

const AGE = `
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local replid = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
local evicted = string.match(redis.call('INFO', 'stats'), 'evicted_keys:(%d+)')
local head = string.sub(run, 1, 8) .. string.sub(replid, 1, 8) .. ':' .. ARGV[2]
redis.call('HSET', KEYS[1], 'heads', head .. ',,', 'fence', ARGV[2], 'latest', ARGV[2], 'layout', ARGV[1], 'evicted', evicted)
return redis.status_reply('OK')`;
