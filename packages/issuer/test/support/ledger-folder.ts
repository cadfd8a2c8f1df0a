import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { IssuerEvent } from '@verified-mobile/issuer';
import { type FileLedgerOptions, openFileLedger } from '@verified-mobile/issuer/ledger';
import { sealEntry } from '../../src/ledger/chain.ts';
import { START } from './issuer-under-test.ts';

/** The folder of a ledger, anew for each test of the file that says so. */
export interface LedgerFolder {
  readonly path: string;
  /** Writes so many events, from opening to closing. */
  write: (count: number, options?: Partial<FileLedgerOptions>, name?: string) => Promise<void>;
  /** The names of its files, in order. */
  files: () => string[];
  /** Where one of its files is. */
  fileAt: (index: number) => string;
  /** Changes the lines of one file. */
  edit: (file: number, edit: (lines: string[]) => string[]) => void;
  /** Changes its note of the last entry. */
  note: (head: object) => void;
  text: () => string;
  entries: () => (IssuerEvent & { sequence: number })[];
}

export function ledgerFolder(): LedgerFolder {
  let path = '';
  beforeEach(() => void (path = mkdtempSync(join(tmpdir(), 'ledger-'))));
  afterEach(() => rmSync(path, { recursive: true, force: true }));
  const files = (): string[] =>
    readdirSync(path)
      .filter((name) => name.endsWith('.jsonl'))
      .toSorted();
  const fileAt = (index: number): string => join(path, files().at(index)!);
  const text = (): string =>
    files()
      .map((file) => readFileSync(join(path, file), 'utf8'))
      .join('');
  return {
    get path() {
      return path;
    },
    async write(count, options = {}, name = 'request') {
      const ledger = await openFileLedger({ folder: path, ...options });
      for (let index = 0; index < count; index += 1) await ledger.append(sent(`${name}-${index}`));
      await ledger.close();
    },
    files,
    fileAt,
    edit(file, edit) {
      const lines = readFileSync(fileAt(file), 'utf8').trimEnd().split('\n');
      writeFileSync(fileAt(file), `${edit(lines).join('\n')}\n`);
    },
    note: (head) => writeFileSync(join(path, 'head.json'), JSON.stringify(head)),
    text,
    entries: () =>
      text()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as IssuerEvent & { sequence: number }),
  };
}

export function sent(requestId: string): IssuerEvent {
  return { at: START, kind: 'send', outcome: 'accepted', account: 'shop', mobile: '+9190******68', requestId };
}

/** As somebody would who knows how entries are sealed, but does not rewrite those that follow. */
export function resealed(line: string): string {
  const { hash: _hash, sequence, previous, ...rest } = JSON.parse(line) as IssuerEvent & Record<string, string>;
  const forged = { ...rest, requestId: 'other' };
  return sealEntry(forged, { sequence: Number(sequence) - 1, hash: previous! }).line;
}
