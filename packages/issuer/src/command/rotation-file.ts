import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { misconfigured } from '../lib/errors.ts';

/** How long a new secret is known to every node, and a new key to every guard, before it is used. */
const KNOWN_BEFORE_MS = 10 * 60 * 1000;
/** How long the one before is accepted after that: twice the life of a code or a token. */
const ACCEPTED_AFTER_MS = 10 * 60 * 1000;

/** A secret as it stands in a file; instants in ISO 8601. */
export interface StoredSecret {
  readonly from?: string;
  readonly retiresAt?: string;
}

/** One kind of rotation file. */
export interface RotationFile<Secret extends StoredSecret> {
  /** The members that hold the secret, apart from its dates. */
  readonly secret: keyof Omit<Secret, keyof StoredSecret> & string;
  /** What to do if the file is none of its kind: `Make one with …`. */
  readonly remedy: string;
}

export function parseRotation<Secret extends StoredSecret>(
  text: string,
  name: string,
  { secret, remedy }: RotationFile<Secret>,
): Secret[] {
  try {
    const secrets = JSON.parse(text) as unknown;
    if (Array.isArray(secrets) && secrets.every((stored) => isStored(stored, secret))) return secrets as Secret[];
  } catch {
    // The parser's message would quote the secrets.
  }
  throw misconfigured(`${name} is not in its form. ${remedy}`);
}

export function readRotation<Secret extends StoredSecret>(path: string, kind: RotationFile<Secret>): Secret[] {
  return existsSync(path) ? parseRotation(readFileSync(path, 'utf8'), path, kind) : [];
}

/** Adds one that is used later, sets an end to those before it, and drops those whose end has come. The first of a new file is used at once. */
export function rotated<Secret extends StoredSecret>(before: readonly Secret[], added: Secret, now: number): Secret[] {
  const from = now + KNOWN_BEFORE_MS;
  const end = instant(from + ACCEPTED_AFTER_MS);
  const kept: Secret[] = [];
  for (const stored of before) {
    if (stored.retiresAt === undefined || Date.parse(stored.retiresAt) > now) kept.push({ retiresAt: end, ...stored });
  }
  return [...kept, kept.length === 0 ? added : { ...added, from: instant(from) }];
}

/** Renamed into place: a service that reads the file now sees the old secrets or the new ones. */
export function writeRotation(path: string, secrets: readonly StoredSecret[]): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** The dates of one, in milliseconds since the epoch, under the name that its kind has for `from`. */
export function datesOf<Name extends string>(
  { from, retiresAt }: StoredSecret,
  fromName: Name,
): { readonly [name in Name | 'retiresAt']?: number } {
  const dates: { [name in Name | 'retiresAt']?: number } = {};
  if (from !== undefined) dates[fromName] = Date.parse(from);
  if (retiresAt !== undefined) dates['retiresAt'] = Date.parse(retiresAt);
  return dates;
}

export function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

function isStored(stored: unknown, secret: string): boolean {
  if (typeof stored !== 'object' || stored === null) return false;
  const { from, retiresAt } = stored as StoredSecret;
  return typeof Reflect.get(stored, secret) === 'string' && isInstant(from) && isInstant(retiresAt);
}

function isInstant(value: unknown): boolean {
  return value === undefined || (typeof value === 'string' && !Number.isNaN(Date.parse(value)));
}
