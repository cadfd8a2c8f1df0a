import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { IssuerNode } from './issuer-node.ts';
import type { Stage } from './stage.ts';

/** Something that goes away and comes back. */
export interface Outage {
  readonly name: string;
  /** The nodes that cannot work meanwhile. */
  readonly concerned: readonly IssuerNode[];
  prepare?(): Promise<void>;
  begin(): Promise<void> | void;
  end(): Promise<void> | void;
}

/** What is done after the snapshot of Redis was taken, and forgotten with it. */
const AFTER_THE_SNAPSHOT_MS = 2_000;

/** All of them once. Which of the nodes is ended changes from round to round. */
export function outagesOf(stage: Stage, round: number): readonly Outage[] {
  const [first, second] = round % 2 === 0 ? stage.nodes : stage.nodes.toReversed();
  return [...redisOutages(stage), ...ledgerOutages(stage), killed(first!), terminated(second!)];
}

function redisOutages({ redis, nodes: concerned }: Stage): Outage[] {
  const begin = async (): Promise<void> => redis.kill();
  return [
    { name: 'Redis killed, back empty', concerned, begin, end: async () => redis.start() },
    {
      name: 'Redis killed, back from a snapshot',
      concerned,
      async prepare() {
        await redis.command('SAVE');
        await pause(AFTER_THE_SNAPSHOT_MS);
      },
      begin,
      async end() {
        await redis.start();
        const [, folder = ''] = (await redis.command('CONFIG', 'GET', 'dir')).split('\n');
        rmSync(join(folder, 'dump.rdb'));
      },
    },
    {
      name: 'Redis paused',
      concerned,
      begin: () => redis.signal('SIGSTOP'),
      end: () => redis.signal('SIGCONT'),
    },
  ];
}

function ledgerOutages({ postgres, disk, onPostgres, onDisk }: Stage): Outage[] {
  return [
    {
      name: 'PostgreSQL killed',
      concerned: [onPostgres],
      begin: async () => postgres.kill(),
      end: async () => postgres.start(),
    },
    {
      name: 'PostgreSQL paused',
      concerned: [onPostgres],
      begin: async () => postgres.signal('SIGSTOP'),
      end: async () => postgres.signal('SIGCONT'),
    },
    ...(disk ? [{ name: 'disk full', concerned: [onDisk], begin: () => disk.fill(), end: () => disk.free() }] : []),
  ];
}

function killed(node: IssuerNode): Outage {
  return { name: 'node killed', concerned: [node], begin: async () => node.kill(), end: () => node.start() };
}

function terminated(node: IssuerNode): Outage {
  let ended = Promise.resolve();
  return {
    name: 'node ended by SIGTERM',
    concerned: [node],
    begin: () => void (ended = node.terminate()),
    async end() {
      await ended;
      node.start();
    },
  };
}
