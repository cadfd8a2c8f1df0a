import { createHash } from 'node:crypto';
import type { TokenUse } from '@verified-mobile/core';
import type { RedisConnection } from './connection.ts';
import { GENERATION_MS } from './script.ts';

/** Changes when keys, values or their meaning do: two versions of a store must never share a key. */
const VERSION = 'vm1';

/** The hash tag of a single server. */
export const SINGLE_TAG: string = `{${VERSION}}`;

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/**
 * The hash tags that ids are spread over. The keys of one use share a tag, for a cluster runs a script on one node
 * only. Every tag has a lineage of its own, as every node of a cluster fails by itself.
 */
export function tagsOf(topology: RedisConnection['topology']): readonly string[] {
  return topology === 'single' ? [SINGLE_TAG] : BASE64URL.split('').map((character) => `{${VERSION}${character}}`);
}

export function tagOf(topology: RedisConnection['topology'], id: string): string {
  return topology === 'single' ? SINGLE_TAG : `{${VERSION}${id[0]}}`;
}

export function lineageKey(tag: string): string {
  return `${tag}lineage`;
}

/** Where an id may be, and what the script must be told to find it there. */
export interface Place {
  readonly keys: readonly string[];
  readonly args: readonly (string | Buffer)[];
}

export function plainPlace(tag: string, use: TokenUse): Place {
  // 72 bits of a digest: two operations on one token are told apart, and nothing is looked up by them.
  return { keys: [tag + use.id], args: [use.operation.slice(-12), ...datesOf(use)] };
}

/** Small hashes stay packed: 4,096 of them in a generation, each of up to 512 ids before Redis unpacks it. */
export function compactPlace(tag: string, use: TokenUse, generation: number): Place {
  const shard = tag.length === VERSION.length + 2 ? use.id.slice(0, 2) : use.id.slice(1, 2);
  const id = Buffer.from(use.id, 'base64url');
  return {
    keys: [`${tag}${generation}:${shard}`, `${tag}${generation - 1}:${shard}`],
    args: [digestOf(use.operation), ...datesOf(use), id, String(generation)],
  };
}

export function generationAt(time: number): number {
  return Math.floor(time / GENERATION_MS);
}

function digestOf(operation: string): Buffer {
  return createHash('sha256').update(operation).digest().subarray(0, 8);
}

/** Rounded so that an id is never forgotten earlier, nor a token taken for younger, than its dates say. */
function datesOf({ issuedAt, expiresAt }: TokenUse): [string, string] {
  return [String(Math.floor(issuedAt)), String(Math.ceil(expiresAt))];
}
