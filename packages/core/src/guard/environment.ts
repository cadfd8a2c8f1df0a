import { misconfigured } from '../lib/errors.ts';
import { HMAC_ALGORITHMS, type HmacAlgorithm } from '../keys/algorithms.ts';
import { hmacSecret } from '../keys/hmac-secret.ts';
import { jwks } from '../keys/jwks.ts';
import { PUBLIC_KEY_ALGORITHMS, type PublicKeyAlgorithm } from '../keys/algorithms.ts';
import { publicKey } from '../keys/public-key.ts';
import type { TokenKeys } from '../token/token-keys.ts';
import type { TrustedIssuer } from '../token/trusted-issuer.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const KEY_VARIABLES = ['VERIFIED_MOBILE_JWKS_URL', 'VERIFIED_MOBILE_PUBLIC_KEY', 'VERIFIED_MOBILE_SECRET'] as const;
type KeyVariable = (typeof KEY_VARIABLES)[number];

/**
 * The trusted issuer that the environment names.
 *
 * @throws {VerifiedMobileError} `invalid_configuration`, naming the variable and the remedy; no value is repeated
 */
export function issuersFromEnvironment(environment: Environment): TrustedIssuer {
  return {
    issuer: nameOrNone(
      environment,
      'VERIFIED_MOBILE_ISSUER',
      'the iss of the tokens to trust, such as https://otp.example.in',
    ),
    audience: nameOrNone(
      environment,
      'VERIFIED_MOBILE_AUDIENCE',
      'the aud your issuer writes for this service, such as payouts',
    ),
    keys: keysFrom(environment),
  };
}

function nameOrNone(environment: Environment, variable: string, meaning: string): string | null {
  const value = environment[variable]?.trim();
  if (!value) throw misconfigured(`${variable} is not set. Set it to ${meaning}, or to none to switch the check off.`);
  return value === 'none' ? null : value;
}

function keysFrom(environment: Environment): TokenKeys {
  const set = KEY_VARIABLES.filter((variable) => environment[variable]?.trim());
  const [variable] = set;
  if (variable === undefined) {
    throw misconfigured(`No key to check tokens with. Set exactly one of ${KEY_VARIABLES.join(', ')}.`);
  }
  if (set.length > 1) throw misconfigured(`${set.join(' and ')} are both set. Keep exactly one of them.`);
  try {
    return readKeys[variable](environment[variable]!.trim(), environment['VERIFIED_MOBILE_ALGORITHM']?.trim());
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw misconfigured(`${variable} cannot be used: ${error.message}`, { cause: error });
  }
}

const readKeys: Readonly<Record<KeyVariable, (value: string, algorithm: string | undefined) => TokenKeys>> = {
  VERIFIED_MOBILE_JWKS_URL: (url, algorithm) =>
    algorithm ? jwks(url, { algorithms: [publicKeyAlgorithm(algorithm)] }) : jwks(url),
  // Files of settings often hold a PEM on one line, with \n for its line ends.
  VERIFIED_MOBILE_PUBLIC_KEY: (pem, algorithm) => publicKey(pem.replaceAll('\\n', '\n'), publicKeyAlgorithm(algorithm)),
  VERIFIED_MOBILE_SECRET: (base64, algorithm = 'HS256') => hmacSecret(decodeBase64(base64), hmacAlgorithm(algorithm)),
};

function publicKeyAlgorithm(name: string | undefined): PublicKeyAlgorithm {
  return oneOf(PUBLIC_KEY_ALGORITHMS, name);
}

function hmacAlgorithm(name: string): HmacAlgorithm {
  return oneOf(HMAC_ALGORITHMS, name);
}

function oneOf<Name extends string>(names: readonly Name[], given: string | undefined): Name {
  const found = names.find((name) => name === given);
  if (found !== undefined) return found;
  throw misconfigured(`set VERIFIED_MOBILE_ALGORITHM to the algorithm that goes with it, one of ${names.join(', ')}.`);
}

function unpadded(base64: string): string {
  return base64.replace(/=+$/, '');
}

/** Decoders skip what is not base64: half a secret would then pass for a whole one. */
function decodeBase64(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  if (unpadded(bytes.toString('base64')) === unpadded(text)) return bytes;
  throw misconfigured('it is not base64. Make one with: openssl rand -base64 32');
}
