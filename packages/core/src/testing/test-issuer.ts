import {
  createHmac,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  randomUUID,
  sign,
} from 'node:crypto';
import type { JWK } from 'jose';
import { transactionHash } from '../token/transaction.ts';
import type { Clock } from '../lib/clock.ts';
import { hmacSecret } from '../keys/hmac-secret.ts';
import { publicKey } from '../keys/public-key.ts';
import type { TokenKeys } from '../token/token-keys.ts';
import type { TrustedIssuer } from '../token/trusted-issuer.ts';

export type TestAlgorithm = 'ES256' | 'RS256' | 'EdDSA' | 'HS256';

/** The refusals that lie in a token alone. For `otp_token_used` present a good one twice. */
export type MintableRefusal = 'otp_token_invalid' | 'otp_token_expired' | 'mobile_mismatch' | 'transaction_mismatch';

export interface TestIssuerOptions {
  /** Default `https://otp.test`. */
  issuer?: string;
  /** Default `payouts`. */
  audience?: string;
  /** Default ES256. */
  algorithm?: TestAlgorithm;
  /** The time in milliseconds, from which tokens are dated. Default: the system's clock. */
  clock?: Clock;
}

/** An issuer with a key that lives as long as the test. */
export interface TestIssuer {
  readonly issuer: string;
  readonly audience: string;
  /** What a guard's `issuers` takes. */
  readonly trusted: TrustedIssuer;
  /** The public key as a JWK, with `kid`; for HS256 the secret. */
  readonly jwk: JWK;
  /**
   * A good token for `+919002336768`, unless changed: given members replace those of the claims or the header, and
   * members given as `undefined` are left out.
   */
  readonly mint: (changes?: { claims?: object; header?: object }) => string;
  /** A token that a guard refuses with this code; `mobile_mismatch` if it expects `+919002336768`. */
  readonly mintRefused: (code: MintableRefusal) => string;
  /** Signs any two texts as header and payload, however malformed. */
  readonly signRaw: (header: string, payload: string) => string;
}

/** @see TestIssuer */
export function createTestIssuer(options: TestIssuerOptions = {}): TestIssuer {
  const { issuer = 'https://otp.test', audience = 'payouts', algorithm = 'ES256', clock = Date.now } = options;
  const kid = randomUUID();
  const { keys, jwk, signBytes } = generateKeys(algorithm);
  const signRaw = (header: string, payload: string): string => {
    const input = `${encode(header)}.${encode(payload)}`;
    return `${input}.${signBytes(Buffer.from(input)).toString('base64url')}`;
  };
  const mint: TestIssuer['mint'] = ({ claims, header } = {}) => {
    const iat = Math.floor(clock() / 1000);
    const jti = randomBytes(16).toString('base64url');
    const good = { iss: issuer, aud: audience, iat, exp: iat + 300, jti, mobile: '9002336768' };
    return signRaw(
      JSON.stringify({ typ: 'JWT', alg: algorithm, kid, ...header }),
      JSON.stringify({ ...good, ...claims }),
    );
  };
  const mintRefused: TestIssuer['mintRefused'] = (code) => {
    const now = Math.floor(clock() / 1000);
    const claims = {
      otp_token_invalid: { aud: `not ${audience}` },
      otp_token_expired: { iat: now - 900, exp: now - 600 },
      mobile_mismatch: { mobile: '9876543210' },
      transaction_mismatch: { transaction_data_hashes: [transactionHash({ another: 'transaction' })] },
    };
    return mint({ claims: claims[code] });
  };
  return { issuer, audience, trusted: { issuer, audience, keys }, jwk: { ...jwk, kid }, mint, mintRefused, signRaw };
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url');
}

interface TestKeys {
  readonly keys: TokenKeys;
  readonly jwk: JWK;
  readonly signBytes: (input: Buffer) => Buffer;
}

function generateKeys(algorithm: TestAlgorithm): TestKeys {
  switch (algorithm) {
    case 'HS256': {
      const secret = randomBytes(32);
      return {
        keys: hmacSecret(secret, algorithm),
        jwk: createSecretKey(secret).export({ format: 'jwk' }),
        signBytes: (input) => createHmac('sha256', secret).update(input).digest(),
      };
    }
    case 'RS256': {
      const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
      return asymmetric(pair.publicKey, algorithm, (input) => sign('sha256', input, pair.privateKey));
    }
    case 'EdDSA': {
      const pair = generateKeyPairSync('ed25519');
      return asymmetric(pair.publicKey, algorithm, (input) => sign(null, input, pair.privateKey));
    }
    case 'ES256': {
      const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      return asymmetric(pair.publicKey, algorithm, (input) =>
        sign('sha256', input, { key: pair.privateKey, dsaEncoding: 'ieee-p1363' }),
      );
    }
  }
}

function asymmetric(
  key: KeyObject,
  algorithm: Exclude<TestAlgorithm, 'HS256'>,
  signBytes: (input: Buffer) => Buffer,
): TestKeys {
  return { keys: publicKey(key, algorithm), jwk: key.export({ format: 'jwk' }), signBytes };
}
