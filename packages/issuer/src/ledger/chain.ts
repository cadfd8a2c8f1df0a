import { createHash } from 'node:crypto';
import type { IssuerEvent } from '../domain/events.ts';

/** Where a chain ends: the number of its last entry, from 1, and that entry's hash. */
export interface ChainHead {
  readonly sequence: number;
  readonly hash: string;
}

/** Before the first entry. */
export const EMPTY_CHAIN: Readonly<ChainHead> = Object.freeze({ sequence: 0, hash: '' });

/** What a line says of its place, and whether it still is what was written. */
export interface ReadEntry extends ChainHead {
  readonly previous: string;
  readonly isIntact: boolean;
}

const HASH_AT_THE_END = /,"hash":"([A-Za-z0-9_-]{43})"\}$/;

/** Stands where events are missing that could not be written. */
export interface LossEntry {
  readonly at: number;
  readonly kind: 'loss';
  readonly lost: number;
}

/** One event as a line that names the line before it: to change or drop one, all that follow must be rewritten. */
export function sealEntry(
  event: IssuerEvent | LossEntry,
  { sequence, hash: previous }: ChainHead,
): { line: string; head: ChainHead } {
  const body = JSON.stringify({ sequence: sequence + 1, previous, ...event });
  const hash = hashOf(body);
  return { line: `${body.slice(0, -1)},"hash":"${hash}"}`, head: { sequence: sequence + 1, hash } };
}

/** @returns `undefined` for a line that is no entry at all */
export function readEntry(line: string): ReadEntry | undefined {
  const match = HASH_AT_THE_END.exec(line);
  if (match === null) return undefined;
  const body = `${line.slice(0, match.index)}}`;
  try {
    const { sequence, previous } = JSON.parse(body) as { sequence?: unknown; previous?: unknown };
    if (!Number.isSafeInteger(sequence) || typeof previous !== 'string') return undefined;
    const hash = match[1] ?? '';
    return { sequence: Number(sequence), previous, hash, isIntact: hashOf(body) === hash };
  } catch {
    return undefined;
  }
}

function hashOf(body: string): string {
  return createHash('sha256').update(body).digest('base64url');
}
