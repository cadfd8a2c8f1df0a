import { type KeyObject, randomBytes } from 'node:crypto';
import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import type { TokenClaims, TokenMint } from '../domain/ports.ts';
import type { LoadedSigningKey } from './signing-keys.ts';

const TOKEN_LIFETIME_SECONDS = 300;
const LONGEST_TOKEN = 4096;
const COUNTRY_CODE = '+91';
const WIRE_MOBILE = /^[6-9][0-9]{9}$/;

export interface TokenMintOptions {
  issuer: string;
  keys: readonly [LoadedSigningKey, ...LoadedSigningKey[]];
}

/** Tokens under ES256: the first key signs, every key is accepted. */
export function createTokenMint({ issuer, keys }: TokenMintOptions): TokenMint {
  const [{ kid, privateKey }] = keys;
  const publicKeys = new Map(keys.map((key) => [key.kid, key.publicKey]));

  return {
    async sign(claims, now) {
      // `typ` comes first because the documented token begins with it: eyJ0eXAiOiJKV1Qi.
      return new SignJWT(tokenPayload(issuer, claims, now))
        .setProtectedHeader({ typ: 'JWT', alg: 'ES256', kid })
        .sign(privateKey);
    },

    async read(token, audience, now) {
      if (!isCanonical(token)) return { outcome: 'invalid' };
      const authentic = await authenticate(token, publicKeys, { issuer, audience, now });
      const claims = authentic && readClaims(authentic.payload, audience);
      return authentic && claims ? { outcome: authentic.outcome, claims } : { outcome: 'invalid' };
    },
  };
}

function tokenPayload(issuer: string, claims: TokenClaims, now: number): JWTPayload {
  const iat = Math.floor(now / 1000);
  return {
    iss: issuer,
    aud: claims.audience,
    iat,
    exp: iat + TOKEN_LIFETIME_SECONDS,
    jti: randomBytes(16).toString('base64url'),
    mobile: claims.mobile.slice(COUNTRY_CODE.length),
    amr: ['otp', 'sms'], // RFC 8176
    client_ref_id: claims.clientRefId,
    initiator_id: claims.initiatorId,
  };
}

/** One token, one spelling: the last character of a signature has several that decode to the same bytes. */
function isCanonical(token: string): boolean {
  if (token.length > LONGEST_TOKEN) return false;
  const parts = token.split('.');
  return parts.length === 3 && parts.every((part) => Buffer.from(part, 'base64url').toString('base64url') === part);
}

interface AuthenticPayload {
  outcome: 'valid' | 'timed-out';
  payload: JWTPayload;
}

async function authenticate(
  token: string,
  publicKeys: ReadonlyMap<string, KeyObject>,
  expected: { issuer: string; audience: string; now: number },
): Promise<AuthenticPayload | undefined> {
  const { issuer, audience, now } = expected;
  try {
    const { payload } = await jwtVerify(token, ({ kid }) => publicKeyFor(kid, publicKeys), {
      algorithms: ['ES256'],
      typ: 'JWT',
      issuer,
      audience,
      currentDate: new Date(now),
    });
    return { outcome: 'valid', payload };
  } catch (error) {
    // jose checks expiry last: signature, issuer and audience of an expired token have passed.
    return error instanceof errors.JWTExpired ? { outcome: 'timed-out', payload: error.payload } : undefined;
  }
}

function publicKeyFor(kid: string | undefined, publicKeys: ReadonlyMap<string, KeyObject>): KeyObject {
  const key = kid === undefined ? undefined : publicKeys.get(kid);
  if (key === undefined) throw new errors.JWKSNoMatchingKey();
  return key;
}

/** jose checks that claims are there, not what they are: `jti: ""`, `aud: [..]` and `exp` a year away all pass it. */
function readClaims(payload: JWTPayload, audience: string): TokenClaims | undefined {
  const { aud, iat, exp, jti, mobile, client_ref_id: clientRefId, initiator_id: initiatorId } = payload;
  if (aud !== audience || !Number.isSafeInteger(iat) || exp !== Number(iat) + TOKEN_LIFETIME_SECONDS) return undefined;
  if (!isText(jti) || !isText(clientRefId) || !isText(initiatorId)) return undefined;
  if (!isText(mobile) || !WIRE_MOBILE.test(mobile)) return undefined;
  return { mobile: COUNTRY_CODE + mobile, audience, clientRefId, initiatorId };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
