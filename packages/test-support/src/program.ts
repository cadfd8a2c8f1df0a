import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

export interface RunningProgram {
  readonly child: ChildProcess;
  /** Its exit code and all that it printed. */
  readonly exit: Promise<{ code: number | null; output: string }>;
  /** All that it has printed so far. */
  readonly output: () => string;
  /** Resolves when it has printed this text; rejects if it ends before. */
  readonly says: (text: string) => Promise<void>;
}

type Variables = Readonly<Record<string, string | number>>;

/** Runs a built program as a user does, in an environment that says nothing else, until the test is over. */
export function runProgram(path: string, environment: Variables, ...args: string[]): RunningProgram {
  const program = startProgram(path, environment, ...args);
  onTestFinished(() => void program.child.kill('SIGKILL'));
  return program;
}

/** The same for tests at the same time, which end it themselves: a hook without a context does not know whose it is. */
export function startProgram(path: string, environment: Variables, ...args: string[]): RunningProgram {
  const env = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, String(value)]));
  const child: ChildProcess = spawn(process.execPath, [path, ...args], { env });
  const output = { text: '' };
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output.text += String(chunk)));
  const exit = once(child, 'exit').then(([code]) => ({ code: code as number | null, output: output.text }));
  const endedEarly = async (): Promise<never> => {
    throw new Error(`ended with: ${(await exit).output}`);
  };
  const says = async (text: string): Promise<void> => {
    const failure = endedEarly();
    failure.catch(() => undefined);
    while (!output.text.includes(text)) await Promise.race([once(child.stdout!, 'data'), failure]);
  };
  return { child, exit, output: () => output.text, says };
}
