import { misconfigured } from '../lib/errors.ts';
import { refuseUnknownNames } from '../lib/settings.ts';
import type { ExpectedEntry } from './check-chain.ts';
import { type CheckpointKeys, readCheckpoint } from './checkpoint.ts';

export interface LedgerVerification {
  /**
   * Checkpoints that were kept elsewhere, as compact JWS: each says which entry must be there. Without one, whoever
   * rewrites the whole ledger, and the note of its end, goes unseen.
   */
  readonly checkpoints?: readonly string[];
  /** The keys that signed them. */
  readonly keys?: CheckpointKeys;
}

/** What must be in a chain by its checkpoints, and which of those are worth nothing. */
export interface Expected {
  readonly entries: readonly ExpectedEntry[];
  readonly problems: readonly string[];
}

/** @param chain the one that they must be of, if its name is known */
export function expectedEntries(what: string, options: LedgerVerification, chain?: string): Expected {
  const { checkpoints = [], keys } = options;
  if (checkpoints.length > 0 && !Array.isArray(keys?.keys)) {
    throw misconfigured(`${what} needs keys for checkpoints: { keys: [...] }, as at /.well-known/jwks.json.`);
  }
  const entries: ExpectedEntry[] = [];
  const problems: string[] = [];
  for (const [index, text] of checkpoints.entries()) {
    const reading = readCheckpoint(text, keys ?? { keys: [] });
    if ('refusal' in reading) {
      problems.push(`Checkpoint ${index + 1} proves nothing: ${reading.refusal}`);
    } else if (chain !== undefined && reading.checkpoint.chain !== chain) {
      problems.push(`Checkpoint ${index + 1} proves nothing: it is of the chain ${reading.checkpoint.chain}.`);
    } else {
      const { sequence, hash, at } = reading.checkpoint;
      entries.push({ sequence, hash, name: `The checkpoint of ${new Date(at).toISOString()}` });
    }
  }
  return { entries, problems };
}

export function requireVerificationOptions(what: string, options: object, own: readonly string[] = []): void {
  refuseUnknownNames(what, options, [...own, 'checkpoints', 'keys']);
}
