import { copyFile, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { IssuerError } from '../lib/errors.ts';
import { type ChainHead, type ReadEntry, readEntry } from './chain.ts';
import { fileLines } from './file-lines.ts';
import { type LeaseWorld, REAL_WORLD, takeLease } from './lease.ts';
import { ledgerFiles, writeHead } from './ledger-files.ts';
import { readStart, START_FILE } from './ledger-start.ts';

const LOCK_FILE = 'archiver.lock';

export interface Archiving {
  /** The ledger's folder. It may be written meanwhile: its newest file stays where it is. */
  readonly folder: string;
  /** An empty folder, or the one that the files before were archived to. */
  readonly archive: string;
  /** Signs a checkpoint of the last archived entry, which verification of the folder then starts from. */
  readonly sign: (head: ChainHead) => string;
}

/**
 * Moves all files but the newest. Each is in the archive, on disk, before the checkpoint is written, and is removed
 * after that: a crash leaves some in both, and the next run goes on.
 *
 * @returns the names of the files
 * @throws {IssuerError} `ledger_unavailable` with nothing removed
 */
export async function archiveLedger(archiving: Archiving, world: LeaseWorld = REAL_WORLD): Promise<readonly string[]> {
  const { folder, archive, sign } = archiving;
  const lease = await takeLease(join(folder, LOCK_FILE), world);
  try {
    const files = (await ledgerFiles(folder)).slice(0, -1);
    if (files.length === 0) return files;
    const last = await lastEntryOf(folder, files);
    await mkdir(archive, { recursive: true, mode: 0o700 });
    await requireItGoesOn(folder, archive, files);
    for (const file of files) await copyDurably(join(folder, file), join(archive, file));
    await writeHead(archive, last);
    await sync(archive);
    await writeDurably(join(folder, START_FILE), sign(last));
    await sync(folder);
    for (const file of files) await rm(join(folder, file), { force: true });
    return files;
  } finally {
    await lease.release();
  }
}

async function lastEntryOf(folder: string, files: readonly string[]): Promise<ChainHead> {
  for (const file of files.toReversed()) {
    let lastLine: Buffer | undefined;
    for await (const { bytes } of fileLines(join(folder, file))) lastLine = bytes;
    const entry = lastLine && readEntry(lastLine.toString());
    if (entry !== undefined) return { sequence: entry.sequence, hash: entry.hash };
    if (lastLine !== undefined) throw refused(`The last line of ${file} is no entry. Run "ledger verify" first.`);
  }
  throw refused('Its files hold no entry.');
}

/** The archive ends where the folder begins. What is in both was left by a run that did not end. */
async function requireItGoesOn(folder: string, archive: string, files: readonly string[]): Promise<void> {
  const start = await readStart(folder);
  const first = await firstEntryOf(folder, files);
  const earlier = (await ledgerFiles(archive)).filter((name) => !files.includes(name));
  if (earlier.length === 0) {
    const beginsBehindStart = start !== undefined && start.head.sequence < first.sequence;
    if (beginsBehindStart) await writeDurably(join(archive, START_FILE), start.text);
    return;
  }
  const end = await lastEntryOf(archive, earlier);
  if (end.hash === first.previous || end.hash === start?.head.hash) return;
  throw refused(`${archive} does not end where ${folder} begins. Give an empty folder.`);
}

async function firstEntryOf(folder: string, files: readonly string[]): Promise<ReadEntry> {
  for (const file of files) {
    for await (const { bytes } of fileLines(join(folder, file))) {
      const entry = readEntry(bytes.toString());
      if (entry !== undefined) return entry;
    }
  }
  throw refused('Its files hold no entry.');
}

async function copyDurably(from: string, to: string): Promise<void> {
  const there = await readFile(to).catch(() => undefined);
  if (there !== undefined) {
    if (there.equals(await readFile(from))) return;
    throw refused(`${to} is there already, with other lines.`);
  }
  await copyFile(from, `${to}.new`);
  await putInPlace(`${to}.new`, to);
}

async function writeDurably(path: string, text: string): Promise<void> {
  const handle = await open(`${path}.new`, 'w', 0o600);
  try {
    await handle.writeFile(`${text}\n`);
  } finally {
    await handle.close();
  }
  await putInPlace(`${path}.new`, path);
}

/** Renamed when it is whole and on disk. */
async function putInPlace(draft: string, path: string): Promise<void> {
  await sync(draft);
  await rename(draft, path);
}

/** Of a folder: the names in it. */
async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function refused(reason: string): IssuerError {
  return new IssuerError('ledger_unavailable', `Nothing was archived. ${reason}`);
}
