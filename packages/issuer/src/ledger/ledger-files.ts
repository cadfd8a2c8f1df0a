import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChainHead } from './chain.ts';

export const HEAD_FILE = 'head.json';
export const LOCK_FILE = 'writer.lock';
const LEDGER_FILE = /^ledger-[0-9]{12}\.jsonl$/;

/** Named by the entry that it begins with, so that the order of the names is the order of the entries. */
export function fileNameFor(firstSequence: number): string {
  return `ledger-${String(firstSequence).padStart(12, '0')}.jsonl`;
}

export async function ledgerFiles(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => LEDGER_FILE.test(name)).toSorted();
}

/** @returns `undefined` if there is no note of the last entry, or one that says nothing */
export async function readHead(folder: string): Promise<ChainHead | undefined> {
  try {
    const { sequence, hash } = JSON.parse(await readFile(join(folder, HEAD_FILE), 'utf8')) as Partial<ChainHead>;
    return Number.isSafeInteger(sequence) && typeof hash === 'string'
      ? { sequence: Number(sequence), hash }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Renamed into place: a crash leaves the old head or the new one, never half of one. */
export async function writeHead(folder: string, head: ChainHead): Promise<void> {
  const draft = join(folder, `${HEAD_FILE}.new`);
  await writeFile(draft, JSON.stringify(head), { mode: 0o600 });
  await rename(draft, join(folder, HEAD_FILE));
}
