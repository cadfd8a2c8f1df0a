import { createHash, randomBytes } from 'node:crypto';
import type { ConsumeResult, ReplayStore } from '@verified-mobile/core';
import { consumeInTime } from '@verified-mobile/core/store';

/** How far ahead of this service the clock of a caller may be that signs whole messages. */
export const CALLERS_CLOCK_AHEAD_SECONDS = 5;
/** As long as a node goes on accepting a timestamp whose clock is behind that of the store. */
const REMEMBERED_AFTER_END_MS = 60_000;
const STORE_TIMEOUT_MS = 1_000;

export interface MessageSignature {
  /** Exactly as it was checked: of the same MAC in another spelling this would be another use. */
  readonly signature: string;
  /** Of the request that it signs, milliseconds since the epoch. */
  readonly timestamp: number;
  /** For how long the timestamp is accepted. */
  readonly timestampWindowSeconds: number;
}

/**
 * Uses a message signature up. Only `first-use` is its one request: whatever else the store says, it may have served one.
 *
 * @throws {VerifiedMobileError} `unavailable`: the store did not say
 */
export async function consumeSignature(
  store: ReplayStore,
  { signature, timestamp, timestampWindowSeconds }: MessageSignature,
): Promise<ConsumeResult['outcome']> {
  const use = {
    id: signatureId(signature),
    // No request is the repetition of another one, even if all its bytes are the same.
    operation: randomBytes(12).toString('base64url'),
    // The earliest instant at which any node can have answered it: what the store then forgot, it does not vouch for.
    issuedAt: timestamp - CALLERS_CLOCK_AHEAD_SECONDS * 1000,
    expiresAt: timestamp + timestampWindowSeconds * 1000 + REMEMBERED_AFTER_END_MS,
  };
  return (await consumeInTime(store, use, STORE_TIMEOUT_MS)).outcome;
}

/** The ids of tokens are digests of a text that begins with a digit: no token has the id of a signature. */
function signatureId(signature: string): string {
  const digest = createHash('sha256').update(JSON.stringify(['message-signature', signature]));
  return digest.digest().subarray(0, 16).toString('base64url');
}
