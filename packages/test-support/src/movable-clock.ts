import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasProgram } from './debian-package.ts';

/** Clocks are moved under a server by libfaketime. */
export const hasMovableClock: boolean = hasProgram('faketime', 'faketime');
const LIBFAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';

/** The clock of one server, which keeps the real time until it is moved. */
export interface MovableClock {
  /** For the environment of the server's process. */
  readonly environment: Readonly<Record<string, string>>;
  /** Puts it so many seconds ahead of the real time, or behind it. */
  readonly move: (seconds: number) => void;
}

export function movableClock(folder: string): MovableClock {
  const file = join(folder, 'clock');
  const move = (seconds: number): void => writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}`);
  move(0);
  const faketime = { LD_PRELOAD: LIBFAKETIME, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1' };
  return { environment: hasMovableClock ? { ...faketime, FAKETIME_DONT_FAKE_MONOTONIC: '1' } : {}, move };
}
