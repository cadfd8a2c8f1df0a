import { readFile, readlink } from 'node:fs/promises';

/** Which process it is, as far as the system says: outside Linux the number alone. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Of the running system: process numbers start anew with it. */
  readonly bootId?: string;
  /** Process numbers of another container mean nothing here. */
  readonly pidNamespace?: string;
  /** In ticks since the system started: another process may have been given the number of one that ended. */
  readonly startTime?: string;
}

export async function thisProcess(): Promise<ProcessIdentity> {
  const [bootId, pidNamespace, status] = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
    readlink('/proc/self/ns/pid').catch(() => ''),
    statusOf('self'),
  ]);
  if (status === undefined || bootId === '' || pidNamespace === '') return { pid: process.pid };
  return { pid: process.pid, bootId: bootId.trim(), pidNamespace, startTime: status.startTime };
}

/** Whether a process still runs, asked by another one: `unknown` if their numbers are not of one system and container. */
export async function livenessOf(
  holder: ProcessIdentity,
  asking: ProcessIdentity,
): Promise<'alive' | 'dead' | 'unknown'> {
  const isComparable = holder.pidNamespace !== undefined && holder.pidNamespace === asking.pidNamespace;
  if (!isComparable || holder.bootId !== asking.bootId) return 'unknown';
  if (!isNumberTaken(holder.pid)) return 'dead';
  const status = await statusOf(String(holder.pid));
  // Of another user, whose processes this one may not see.
  if (status === undefined) return 'unknown';
  return status.hasEnded || status.startTime !== holder.startTime ? 'dead' : 'alive';
}

function isNumberTaken(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** From `/proc/<pid>/stat`; the name, in parentheses, may hold blanks and parentheses itself. */
async function statusOf(pid: string): Promise<{ hasEnded: boolean; startTime: string } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, startTime] = [fields?.[0], fields?.[19]];
  if (state === undefined || startTime === undefined) return undefined;
  // Zombies keep their number until their parent asks for them.
  return { hasEnded: state === 'Z' || state === 'X', startTime };
}
