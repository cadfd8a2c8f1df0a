import { type FileHandle, mkdir, open, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Ledger } from '../domain/ports.ts';
import { IssuerError } from '../lib/errors.ts';
import { refuseUnknownNames, requireFunction, requireText, requireWhole } from '../lib/settings.ts';
import type { ChainHead } from './chain.ts';
import { ChainedLedger, type LedgerSink } from './chained-ledger.ts';
import { findEnd } from './find-end.ts';
import { fileNameFor, LOCK_FILE, writeHead } from './ledger-files.ts';
import { type Lease, type LeaseWorld, REAL_WORLD, takeLease } from './lease.ts';
import { type LedgerFaultListener, printFault, tell } from './ledger-fault.ts';

const PROBE_FILE = 'ready';
/** As large as a batch of many lines: a disk with less room is as good as full. */
const PROBE = Buffer.alloc(16 * 1024);

export interface FileLedgerOptions {
  /** The folder of the ledger; created if it is missing. One process writes it: give each node its own. */
  readonly folder: string;
  /** Names this chain in checkpoints. Default: the name of the host. */
  readonly node?: string;
  /** A file that has grown so large is followed by a new one. 4 KiB to 1 GiB, default 64 MiB. Files are never deleted here. */
  readonly maxFileBytes?: number;
  /** Told once of what is wrong and does not stop the ledger. Default: one line on standard error. */
  readonly onFault?: LedgerFaultListener;
}

/**
 * A ledger of JSON lines, each naming the hash of the line before it; the last one is also noted in a file of its own,
 * so that a cut end shows too: the chain then goes on behind the noted entry, `onFault` is told `ledger_damaged`, and
 * every later check names the gap. Lines are on disk (fdatasync) when `append` resolves. A line torn by a crash is
 * removed on opening: no caller was told that it was written. `writer.lock` is the lease of the process that writes: it
 * is touched every 2 seconds, and looked at before each write.
 *
 * @throws {IssuerError} `invalid_configuration`; `ledger_unavailable` if another process writes this folder, or its
 *   last line is no entry
 */
export async function openFileLedger(options: FileLedgerOptions): Promise<Ledger> {
  return openFileLedgerIn(REAL_WORLD, options);
}

/** The same with a clock of the caller's. */
export async function openFileLedgerIn(world: LeaseWorld, options: FileLedgerOptions): Promise<Ledger> {
  refuseUnknownNames('openFileLedger', options, ['folder', 'node', 'maxFileBytes', 'onFault']);
  const { folder, node = hostname(), maxFileBytes = 64 * 1024 * 1024, onFault = printFault } = options;
  requireText('folder', folder, 'the path of the folder for the ledger');
  requireText('node', node, 'a name for this node, or left out');
  requireWhole('maxFileBytes', maxFileBytes, 4096, 1024 ** 3);
  requireFunction('onFault', onFault, 'a function, or leave it out');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lease = await takeLease(join(folder, LOCK_FILE), world);
  try {
    const { file, size, head, damage } = await findEnd(folder);
    if (damage !== undefined) {
      tell(onFault, new IssuerError('ledger_damaged', `The ledger in ${folder} was changed: ${damage}`));
    }
    const handle = await open(join(folder, file), 'a', 0o600);
    await handle.truncate(size);
    // Before the first entry: lines without a note would look like a note that was removed.
    await writeHead(folder, head);
    return new ChainedLedger(node, new FileSink(folder, maxFileBytes, lease, { handle, size, head }), head);
  } catch (error) {
    await lease.release();
    throw error;
  }
}

interface FileEnd {
  readonly handle: FileHandle;
  readonly size: number;
  readonly head: ChainHead;
}

class FileSink implements LedgerSink {
  readonly #folder: string;
  readonly #maxFileBytes: number;
  readonly #lease: Lease;
  #handle: FileHandle;
  #size: number;
  #head: ChainHead;
  #isTorn = false;
  #checks = 0;

  constructor(folder: string, maxFileBytes: number, lease: Lease, end: FileEnd) {
    this.#folder = folder;
    this.#maxFileBytes = maxFileBytes;
    this.#lease = lease;
    this.#handle = end.handle;
    this.#size = end.size;
    this.#head = end.head;
  }

  async write(lines: readonly string[], head: ChainHead): Promise<void> {
    await this.#lease.require();
    if (this.#isTorn) await this.#removeTorn();
    if (this.#size >= this.#maxFileBytes) await this.#rotate(head.sequence - lines.length + 1);
    const bytes = Buffer.from(`${lines.join('\n')}\n`);
    try {
      await this.#handle.appendFile(bytes);
      await this.#handle.datasync();
    } catch (error) {
      // Half a batch must not stay: the next one would stand behind a torn line.
      this.#isTorn = true;
      await this.#removeTorn().catch(() => undefined);
      throw error;
    }
    this.#size += bytes.byteLength;
    this.#head = head;
    await writeHead(this.#folder, head);
  }

  /** What was appended and synced, also where its note in the head file failed. */
  async readHead(): Promise<ChainHead> {
    return Promise.resolve(this.#head);
  }

  async check(): Promise<void> {
    await this.#lease.require();
    this.#checks += 1;
    const probe = join(this.#folder, `${PROBE_FILE}.${this.#checks}`);
    try {
      await writeFile(probe, PROBE, { mode: 0o600, flush: true });
    } finally {
      await rm(probe, { force: true });
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
    await this.#lease.release();
  }

  async #removeTorn(): Promise<void> {
    await this.#handle.truncate(this.#size);
    this.#isTorn = false;
  }

  async #rotate(firstSequence: number): Promise<void> {
    const next = await open(join(this.#folder, fileNameFor(firstSequence)), 'a', 0o600);
    await this.#handle.close();
    this.#handle = next;
    this.#size = 0;
  }
}
