import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { IssuerError } from '../lib/errors.ts';
import type { ChainHead } from './chain.ts';
import { type CheckpointKeys, decodeUnverifiedCheckpoint, readCheckpoint } from './checkpoint.ts';

/** The checkpoint of the entry that the folder begins behind: those up to it are in an archive. */
export const START_FILE = 'start.jws';

/** Where a folder begins. */
export interface LedgerStart {
  readonly text: string;
  readonly head: ChainHead;
}

/**
 * @returns `undefined` if the folder begins with the first entry
 * @throws {IssuerError} `ledger_unavailable` if the file is there and holds no checkpoint
 */
export async function readStart(folder: string): Promise<LedgerStart | undefined> {
  let text: string;
  try {
    text = (await readFile(join(folder, START_FILE), 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const checkpoint = decodeUnverifiedCheckpoint(text);
  if (checkpoint === undefined) {
    throw new IssuerError('ledger_unavailable', `${START_FILE} in ${folder} holds no checkpoint.`);
  }
  return { text, head: { sequence: checkpoint.sequence, hash: checkpoint.hash } };
}

/** Why a start proves nothing; else nothing. */
export function problemsOfStart({ text }: LedgerStart, keys: CheckpointKeys | undefined): string[] {
  if (keys === undefined) return [`${START_FILE}: the start cannot be checked without the keys that signed it.`];
  const reading = readCheckpoint(text, keys);
  return 'refusal' in reading ? [`${START_FILE}: the start cannot be checked: ${reading.refusal}`] : [];
}
