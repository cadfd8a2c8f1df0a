import { cutReplication, replicaOf, untilInfoSays } from '@verified-mobile/test-support/redis-cluster';
import type { RedisServer } from '@verified-mobile/test-support/redis-server';
import type { IssuerUnderTest } from './issuer-under-test.ts';
import { follow, type LineageStage, promote, untilCaughtUp } from './lineage-stage.ts';

type Act = (issuer: IssuerUnderTest) => Promise<void>;

/** What happens to Redis: it keeps what was done before, and may lose what was done after. */
export interface LineageEvent {
  readonly name: string;
  readonly loses: boolean;
  readonly play: (stage: LineageStage, kept: Act, after: Act) => Promise<IssuerUnderTest>;
}

export const OLDER_SNAPSHOT: LineageEvent = {
  name: 'an older snapshot is restored',
  loses: true,
  async play(stage, kept, after) {
    const server = await stage.server('--appendonly', 'no');
    const issuer = await stage.issuerAt(server.port);
    await kept(issuer);
    await server.command('SAVE');
    await after(issuer);
    await server.kill();
    await server.start();
    return issuer;
  },
};

export const LAGGING_REPLICA: LineageEvent = {
  name: 'a replica that lags behind is promoted',
  loses: true,
  async play(stage, kept, after) {
    const [first, second] = [await stage.server(), await stage.server()];
    await follow(second, first);
    const address = await stage.addressOf(first.port);
    const issuer = await stage.issuerAt(address.port);
    await kept(issuer);
    await untilCaughtUp(second, first);
    await cutReplication(first, second);
    await after(issuer);
    await promote(second);
    address.leadTo(second.port);
    return issuer;
  },
};

const REPLICA_OF_A_CLUSTER: LineageEvent = {
  name: 'a replica of a cluster takes over that lags behind',
  loses: true,
  async play(stage, kept, after) {
    const cluster = await stage.cluster();
    const issuer = await stage.issuerOn(cluster);
    const slot = Number(await cluster.nodes[0]!.command('CLUSTER', 'KEYSLOT', '{otp}'));
    const primary = cluster.nodes[Math.min(2, Math.floor((slot * 3) / 16_384))]!;
    const replica = await replicaOf(cluster, primary);
    await untilInfoSays(replica, 'master_link_status:up', 'INFO', 'replication');
    await kept(issuer);
    await untilCaughtUp(replica, primary);
    await cutReplication(primary, replica);
    await after(issuer);
    await primary.kill();
    await untilInfoSays(replica, 'role:master', 'INFO', 'replication');
    return issuer;
  },
};

const RESTART_WITHOUT_LOSS: LineageEvent = {
  name: 'it starts anew and has lost nothing',
  loses: false,
  async play(stage, kept, after) {
    const server = await stage.server('--appendonly', 'yes', '--appendfsync', 'always');
    const issuer = await stage.issuerAt(server.port);
    await kept(issuer);
    await after(issuer);
    await server.kill();
    await server.start();
    return issuer;
  },
};

/** Leaves less room than is in use, and a key that is the first to expire, and so to go. What is in use may be less by then. */
async function squeeze(server: RedisServer): Promise<void> {
  await server.command('CONFIG', 'SET', 'maxmemory', '50mb');
  await server.command('SET', 'victim', 'x'.repeat(100_000), 'EX', '10');
  const used = Number(/used_memory:(\d+)/.exec(await server.command('INFO', 'memory'))?.[1]);
  await server.command('CONFIG', 'SET', 'maxmemory', `${used - 50_000}`);
}

const EVICTION: LineageEvent = {
  name: 'it drops a key because it is full',
  loses: false,
  async play(stage, kept, after) {
    const server = await stage.server('--maxmemory', '50mb', '--maxmemory-samples', '64');
    const issuer = await stage.issuerAt(server.port);
    await kept(issuer);
    await after(issuer);
    await server.command('CONFIG', 'SET', 'maxmemory-policy', 'volatile-ttl');
    while (!/evicted_keys:[1-9]/.test(await server.command('INFO', 'stats'))) await squeeze(server);
    await server.command('CONFIG', 'SET', 'maxmemory', '50mb');
    return issuer;
  },
};

export const LINEAGE_EVENTS: readonly LineageEvent[] = [
  OLDER_SNAPSHOT,
  LAGGING_REPLICA,
  REPLICA_OF_A_CLUSTER,
  RESTART_WITHOUT_LOSS,
  EVICTION,
];
