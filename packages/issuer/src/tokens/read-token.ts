import { decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import type { TokenReading } from '../domain/ports.ts';
import { acceptedAt } from '../lib/rotation.ts';
import type { LoadedSigningKey } from './signing-keys.ts';
import { readPayload } from './token-payload.ts';

const LONGEST_TOKEN = 4096;

/** What a token must be. */
export interface ExpectedToken {
  readonly issuer: string;
  readonly audience: string;
  /** Every key that is published at `now` is accepted. */
  readonly keys: readonly LoadedSigningKey[];
  readonly now: number;
}

export async function readToken(token: string, expected: ExpectedToken): Promise<TokenReading> {
  if (!isCanonical(token)) return { outcome: 'invalid' };
  const authentic = await authenticate(token, expected);
  const read = authentic && readPayload(authentic.payload, expected.audience);
  return authentic && read ? { outcome: authentic.outcome, keyId: authentic.keyId, ...read } : { outcome: 'invalid' };
}

/** `jti` of a token that was signed here: not for one from outside, whose signature nobody has checked. */
export function idOfOwnToken(token: string): string {
  return String(decodeJwt(token).jti);
}

/** One token, one spelling: the last character of a signature has several that decode to the same bytes. */
function isCanonical(token: string): boolean {
  if (token.length > LONGEST_TOKEN) return false;
  const parts = token.split('.');
  return parts.length === 3 && parts.every((part) => Buffer.from(part, 'base64url').toString('base64url') === part);
}

interface AuthenticPayload {
  readonly outcome: 'valid' | 'timed-out';
  readonly payload: JWTPayload;
  readonly keyId: string;
}

async function authenticate(
  token: string,
  { issuer, audience, keys, now }: ExpectedToken,
): Promise<AuthenticPayload | undefined> {
  let keyId = '';
  try {
    const { payload } = await jwtVerify(
      token,
      ({ kid, alg }) => {
        // The algorithm of the key and not of the token: else a token could choose how it is checked.
        const key = acceptedAt(keys, now).find((known) => known.kid === kid && known.algorithm === alg);
        if (key === undefined) throw new errors.JWKSNoMatchingKey();
        keyId = key.kid;
        return key.publicKey;
      },
      { algorithms: ['ES256', 'EdDSA', 'RS256'], typ: 'JWT', issuer, audience, currentDate: new Date(now) },
    );
    return { outcome: 'valid', payload, keyId };
  } catch (error) {
    // jose checks expiry last: signature, issuer and audience of an expired token have passed.
    return error instanceof errors.JWTExpired ? { outcome: 'timed-out', payload: error.payload, keyId } : undefined;
  }
}
