import { createPublicKey, type JsonWebKey, verify } from 'node:crypto';
import { CHECKPOINT_TYPE, type LedgerHead } from '../domain/checkpoint.ts';

/** A JSON Web Key Set (RFC 7517), as the issuer publishes it. Keep those of old checkpoints: retired keys are published no more. */
export interface CheckpointKeys {
  readonly keys: readonly JsonWebKey[];
}

/** What a checkpoint says: this was the last entry of this chain at this time. */
export interface Checkpoint extends LedgerHead {
  readonly issuer: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Or why it is worth nothing. */
export type CheckpointReading = { readonly checkpoint: Checkpoint } | { readonly refusal: string };

type Members = Readonly<Record<string, unknown>>;

/** Checks form and signature. */
export function readCheckpoint(text: string, { keys }: CheckpointKeys): CheckpointReading {
  const parts = text.split('.');
  const [header, payload] = [jsonOf(parts[0]), jsonOf(parts[1])];
  const checkpoint = parts.length === 3 && header?.['typ'] === CHECKPOINT_TYPE ? checkpointOf(payload) : undefined;
  if (header === undefined || checkpoint === undefined) return { refusal: 'it is no checkpoint of a ledger.' };
  const jwk = keys.find(({ kid }) => kid === header['kid']);
  if (jwk === undefined)
    return { refusal: `the key ${String(header['kid'])} that signed it is not among those given.` };
  const signed = Buffer.from(`${parts[0]}.${parts[1]}`);
  const isSigned = isSignedBy(jwk, signed, Buffer.from(parts[2] ?? '', 'base64url'));
  return isSigned ? { checkpoint } : { refusal: 'its signature is wrong.' };
}

/** Without any check, to know where to look. */
export function decodeUnverifiedCheckpoint(text: string): Checkpoint | undefined {
  return checkpointOf(jsonOf(text.split('.')[1]));
}

function isSignedBy(jwk: JsonWebKey, signed: Buffer, signature: Buffer): boolean {
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    // By the key and not by the header: else a checkpoint could choose how it is checked.
    return verify(
      key.asymmetricKeyType === 'ed25519' ? null : 'sha256',
      signed,
      { key, dsaEncoding: 'ieee-p1363' },
      signature,
    );
  } catch {
    return false;
  }
}

function checkpointOf(payload: Members | undefined): Checkpoint | undefined {
  const { iss, iat, chain, sequence, hash } = payload ?? {};
  if (typeof iss !== 'string' || typeof chain !== 'string' || typeof hash !== 'string') return undefined;
  if (!Number.isSafeInteger(iat) || !Number.isSafeInteger(sequence)) return undefined;
  return { issuer: iss, at: Number(iat) * 1000, chain, sequence: Number(sequence), hash };
}

function jsonOf(part: string | undefined): Members | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString());
    return typeof value === 'object' && value !== null ? (value as Members) : undefined;
  } catch {
    return undefined;
  }
}
