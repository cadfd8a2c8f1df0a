import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { onFreePort } from './free-port.ts';
import { type RedisProgram, type RedisServer, startServer } from './redis-server.ts';

const run = promisify(execFile);

export interface RedisCluster {
  readonly nodes: readonly RedisServer[];
  readonly ports: readonly number[];
  stop(): Promise<void>;
}

/** Three primaries, and for each so many replicas. */
export async function startRedisCluster(replicas = 0, program: RedisProgram = 'redis-server'): Promise<RedisCluster> {
  const settings = [
    '--cluster-enabled',
    'yes',
    '--cluster-node-timeout',
    '1000',
    '--repl-diskless-sync-delay',
    '0',
    '--cluster-replica-validity-factor',
    '0',
  ];
  const start = async (): Promise<RedisServer> =>
    onFreePort(async (busPort) => startServer(program, ...settings, '--cluster-port', `${busPort}`));
  const nodes = await Promise.all(Array.from({ length: 3 * (1 + replicas) }, start));
  const stop = async (): Promise<void> => void (await Promise.all(nodes.map(async (node) => node.stop())));
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
  try {
    await run('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-replicas', `${replicas}`, '--cluster-yes']);
    for (const node of nodes) await untilInfoSays(node, 'cluster_state:ok', 'CLUSTER', 'INFO');
  } catch (error) {
    await stop();
    throw error;
  }
  return { nodes, ports: nodes.map(({ port }) => port), stop };
}

/** Asks again and again until the answer holds the text. */
export async function untilInfoSays(server: RedisServer, text: string | RegExp, ...command: string[]): Promise<void> {
  const giveUpAt = Date.now() + 60_000;
  for (;;) {
    const answer = await server.command(...command).catch(String);
    if (typeof text === 'string' ? answer.includes(text) : text.test(answer)) return;
    if (Date.now() > giveUpAt) throw new Error(`${command.join(' ')} never said ${String(text)}: ${answer}`);
  }
}

export async function replicaOf({ nodes }: RedisCluster, primary: RedisServer): Promise<RedisServer> {
  for (const node of nodes) {
    if ((await node.command('INFO', 'replication')).includes(`master_port:${primary.port}`)) return node;
  }
  throw new Error('no replica');
}

/** From now on the replica gets nothing, although both are alive: it may not log in any more. */
export async function cutReplication(primary: RedisServer, replica: RedisServer): Promise<void> {
  await replica.command('CONFIG', 'SET', 'masterauth', 'wrong');
  await primary.command('CLIENT', 'KILL', 'TYPE', 'replica');
  await untilInfoSays(replica, 'master_link_status:down', 'INFO', 'replication');
}
