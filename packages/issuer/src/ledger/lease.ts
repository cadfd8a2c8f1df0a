import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { IssuerError } from '../lib/errors.ts';
import { livenessOf, type ProcessIdentity, thisProcess } from './process-identity.ts';

/** How often an owner touches its lease. */
const HEARTBEAT_MS = 2_000;
/** How long a lease must stay untouched before another process takes it over. */
const PATIENCE_MS = 3 * HEARTBEAT_MS;
const LOOK_EVERY_MS = 500;

/** What a lease needs of the process and of time. */
export interface LeaseWorld {
  readonly identify: () => Promise<ProcessIdentity>;
  readonly pause: (milliseconds: number) => Promise<unknown>;
  /** Does something again and again; returns what ends it. */
  readonly every: (milliseconds: number, work: () => Promise<void>) => () => void;
}

export const REAL_WORLD: LeaseWorld = {
  identify: thisProcess,
  pause,
  every(milliseconds, work) {
    const timer = setInterval(() => void work(), milliseconds).unref();
    return () => clearInterval(timer);
  },
};

/** The right to write a folder, while its file has the id of this owner. */
export interface Lease {
  /** @throws {IssuerError} `ledger_unavailable` if another process has taken it over, or its file is gone */
  require(): Promise<void>;
  release(): Promise<void>;
}

/** A lease as it is found. */
interface Found {
  /** Empty if its owner has not written it yet, or never will. */
  readonly id: string;
  readonly owner: ProcessIdentity | undefined;
  /** Changes with each heartbeat. Compared with itself alone: the clocks of two hosts differ. */
  readonly touchedAt: bigint;
}

/**
 * Takes the lease of a file. A lease whose owner has ended is taken over at once, if that can be known: the same system,
 * the same container. Otherwise its heartbeat is watched, for 6 seconds at most.
 *
 * @throws {IssuerError} `ledger_unavailable` if another process has it
 */
export async function takeLease(path: string, world: LeaseWorld): Promise<Lease> {
  const id = randomBytes(16).toString('base64url');
  const self = await world.identify();
  const text = JSON.stringify({ id, ...self });
  for (;;) {
    const created = await create(path, text);
    if (created !== undefined) return own(path, id, created, world);
    const found = await find(path);
    if (found === undefined || !(await isAbandoned(path, found, self, world))) continue;
    const handle = await replace(path, found, text, world, self);
    if (handle !== undefined) return own(path, id, handle, world);
  }
}

function own(path: string, id: string, handle: FileHandle, world: LeaseWorld): Lease {
  // By its handle: a new owner's file of the same name must not be touched. What fails shows as a lease that is lost.
  const stop = world.every(HEARTBEAT_MS, async () => {
    const now = new Date();
    await handle.utimes(now, now).catch(() => undefined);
  });
  const isOwn = async (): Promise<boolean> => (await find(path))?.id === id;
  return {
    async require() {
      if (await isOwn()) return;
      throw new IssuerError('ledger_unavailable', `Another process has taken over ${path}. This one writes no more.`);
    },
    async release() {
      stop();
      if (await isOwn().catch(() => false)) await rm(path, { force: true });
      await handle.close();
    },
  };
}

/** @returns `false` if it has another owner by now, or none */
async function isAbandoned(path: string, found: Found, self: ProcessIdentity, world: LeaseWorld): Promise<boolean> {
  const liveness = found.owner === undefined ? 'unknown' : await livenessOf(found.owner, self);
  if (liveness === 'alive') throw heldBy(`Process ${found.owner?.pid}`, path);
  return liveness === 'dead' || isSilent(path, found, world);
}

/** Watches a lease whose owner cannot be asked for. */
async function isSilent(path: string, found: Found, world: LeaseWorld): Promise<boolean> {
  for (let waited = 0; waited < PATIENCE_MS; waited += LOOK_EVERY_MS) {
    await world.pause(LOOK_EVERY_MS);
    const now = await find(path);
    if (now?.id !== found.id) return false;
    if (now.touchedAt !== found.touchedAt) throw heldBy('A process of another container or host', path);
  }
  return true;
}

function heldBy(who: string, path: string): IssuerError {
  return new IssuerError(
    'ledger_unavailable',
    `${who} writes this ledger (${path}). Give each process its own folder.`,
  );
}

async function create(path: string, text: string): Promise<FileHandle | undefined> {
  try {
    return await newFile(path, text);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
}

/**
 * Puts another lease in the place of the one that was found. Its draft is named by the old one, so that only one
 * newcomer follows it: whoever comes later finds that the old one is not there any more.
 */
async function replace(
  path: string,
  found: Found,
  text: string,
  world: LeaseWorld,
  self: ProcessIdentity,
): Promise<FileHandle | undefined> {
  const draft = `${path}.after-${found.id}`;
  const handle = await create(draft, text);
  if (handle === undefined) {
    // Of another newcomer: it goes on in a moment, unless a crash has left it.
    const other = await find(draft);
    if (other !== undefined && (await isAbandoned(draft, other, self, world))) await rm(draft, { force: true });
    return undefined;
  }
  const now = await find(path);
  if (now?.id === found.id && now.touchedAt === found.touchedAt) {
    await rename(draft, path);
    return handle;
  }
  await handle.close();
  await rm(draft, { force: true });
  return undefined;
}

async function newFile(path: string, text: string): Promise<FileHandle> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    return handle;
  } catch (error) {
    await handle.close();
    await rm(path, { force: true });
    throw error;
  }
}

async function find(path: string): Promise<Found | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const [text, { mtimeNs }] = [await handle.readFile('utf8'), await handle.stat({ bigint: true })];
    return { ...parse(text), touchedAt: mtimeNs };
  } finally {
    await handle.close();
  }
}

function parse(text: string): Pick<Found, 'id' | 'owner'> {
  try {
    const { id, ...owner } = JSON.parse(text) as ProcessIdentity & { id: string };
    return { id, owner };
  } catch {
    return { id: '', owner: undefined };
  }
}
