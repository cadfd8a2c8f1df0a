import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { untilItSays } from './server-process.ts';

/** A server that starts further processes of its own: each signal reaches all of them. */
export interface ProcessGroup {
  /** All that it has printed so far. Each character is a byte. */
  printed(): string;
  /** The same of its standard error. */
  warned(): string;
  signal(signal: NodeJS.Signals): void;
  /** Whether the last of it has ended. */
  hasEnded(): boolean;
  /** Ends all of it at once, whatever state it is in. Resolves when the last one has ended. */
  end(): Promise<void>;
}

interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** What it says when it is up. */
  readonly isUp: RegExp;
}

export async function startProcessGroup({ command, args, environment, isUp }: Program): Promise<ProcessGroup> {
  const env = { ...process.env, ...environment };
  const child = spawn(command, args, { detached: true, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const text = { printed: '', warned: '' };
  child.stdout.setEncoding('latin1').on('data', (chunk) => (text.printed += chunk));
  child.stderr.setEncoding('latin1').on('data', (chunk) => (text.warned += chunk));
  let hasEnded = false;
  const closed = once(child, 'close').finally(() => (hasEnded = true));
  closed.catch(() => undefined);
  const group: ProcessGroup = {
    printed: () => text.printed,
    warned: () => text.warned,
    hasEnded: () => hasEnded,
    signal: (signal) => {
      if (!hasEnded) signalGroup(child, signal);
    },
    end: async () => {
      group.signal('SIGKILL');
      // The last process has ended when nobody can write to the streams.
      await closed;
    },
  };
  const endWithUs = (): void => group.signal('SIGKILL');
  process.once('exit', endWithUs);
  child.once('close', () => process.off('exit', endWithUs));
  await untilItSays(child, isUp);
  return group;
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // The last of them has ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
