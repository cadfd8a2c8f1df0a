import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const running = new Set<ChildProcess>();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** Resolves when the server says that it is up, on either stream; rejects with all it said if it ends before. */
export async function untilItSays(child: ChildProcess, text: RegExp): Promise<void> {
  running.add(child);
  let output = '';
  const said = new Promise<void>((resolve) => {
    const listen = (chunk: unknown): void => {
      output += String(chunk);
      if (text.test(output)) resolve();
    };
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
  });
  const ended = once(child, 'exit').then(() => {
    throw new Error(`${child.spawnfile} ended: ${output}`);
  });
  await Promise.race([said, ended]);
  ended.catch(() => undefined);
}

/** Ends it at once, whatever state it is in. */
export async function end(child: ChildProcess): Promise<void> {
  running.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
