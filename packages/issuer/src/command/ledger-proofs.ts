import { readFileSync } from 'node:fs';
import { type CheckpointKeys, decodeUnverifiedCheckpoint } from '../ledger/checkpoint.ts';
import { misconfigured } from '../lib/errors.ts';
import { loadSigningKeys } from '../tokens/signing-keys.ts';
import { readSetting, type Variables } from '../lib/read-setting.ts';
import { readKeys } from './key-file.ts';

const CHECKPOINT = /eyJ[A-Za-z0-9_-]+\.eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+/g;

/** A checkpoint, and the chain that it says it is of. */
export interface GivenCheckpoint {
  readonly text: string;
  readonly chain: string;
}

/** Each of them a checkpoint, or a file with some among other text, such as the log of the service. */
export function readCheckpoints(given: readonly string[]): GivenCheckpoint[] {
  return given.flatMap((textOrPath) => {
    const text = textOrPath.startsWith('eyJ') ? textOrPath : readText(textOrPath);
    const found = (text.match(CHECKPOINT) ?? []).flatMap((one) => {
      const chain = decodeUnverifiedCheckpoint(one)?.chain;
      return chain === undefined ? [] : [{ text: one, chain }];
    });
    if (found.length === 0) throw misconfigured(`${textOrPath} holds no checkpoint.`);
    return found;
  });
}

/** Of files with a JSON Web Key Set, a key set of `keys rotate` or a private key, else of ISSUER_KEYS, if that is set. */
export function readVerificationKeys(paths: readonly string[], variables: Variables): CheckpointKeys | undefined {
  if (paths.length > 0) return { keys: paths.flatMap((path) => publicKeysOf(readText(path).trim(), path)) };
  const own = readSetting(variables, 'ISSUER_KEYS');
  return own === undefined ? undefined : { keys: publicKeysOf(own, 'ISSUER_KEYS') };
}

function publicKeysOf(text: string, name: string): CheckpointKeys['keys'] {
  return publishedKeysOf(text) ?? loadSigningKeys(readKeys(text, name)).map(({ publicJwk }) => publicJwk);
}

function publishedKeysOf(text: string): CheckpointKeys['keys'] | undefined {
  try {
    const { keys } = JSON.parse(text) as Partial<CheckpointKeys>;
    return Array.isArray(keys) ? keys : undefined;
  } catch {
    return undefined;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw misconfigured(`${path} cannot be read.`, { cause });
  }
}
