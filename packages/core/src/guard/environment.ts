import { readFileSync } from 'node:fs';
import { misconfigured } from '../lib/errors.ts';
import { HMAC_ALGORITHMS, type HmacAlgorithm } from '../keys/algorithms.ts';
import { hmacSecret } from '../keys/hmac-secret.ts';
import { jwks } from '../keys/jwks.ts';
import { PUBLIC_KEY_ALGORITHMS, type PublicKeyAlgorithm } from '../keys/algorithms.ts';
import { publicKey } from '../keys/public-key.ts';
import type { TokenKeys } from '../token/token-keys.ts';
import type { TrustedIssuer } from '../token/trusted-issuer.ts';

/** `process.env`, or what stands in its place. */
export type Environment = Readonly<Record<string, string | undefined>>;

const KEY_VARIABLES = ['VERIFIED_MOBILE_JWKS_URL', 'VERIFIED_MOBILE_PUBLIC_KEY', 'VERIFIED_MOBILE_SECRET'] as const;
type KeyVariable = (typeof KEY_VARIABLES)[number];

/**
 * The trusted issuer that the `VERIFIED_MOBILE_*` variables name: what a guard trusts that is given no `issuers`. Give it to
 * several guards, and they share the keys that are fetched; or trust another issuer beside it.
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

/**
 * The variable, or what is in the file that `NAME_FILE` names; an empty one is none. Quotes around a value are dropped,
 * which a shell takes away and files of settings for containers leave there.
 *
 * @throws {VerifiedMobileError} `invalid_configuration`: both are set, the file cannot be read, or a quote at one end only
 */
export function readSetting(environment: Environment, variable: string): string | undefined {
  const [given, path] = [environment[variable]?.trim(), environment[`${variable}_FILE`]?.trim()];
  if (given && path) throw misconfigured(`${variable} and ${variable}_FILE are both set. Keep exactly one of them.`);
  const value = path ? readFile(path, `${variable}_FILE`) : given;
  const unquoted = /^(["'])(?<inner>.*)\1$/s.exec(value ?? '')?.groups?.['inner']?.trim() ?? value;
  if (/^["']|["']$/.test(unquoted ?? '')) {
    throw misconfigured(`${variable} has a quote at one end. Write the value without quotes.`);
  }
  return unquoted || undefined;
}

function readFile(path: string, variable: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw misconfigured(`${variable} names a file that cannot be read.`, { cause });
  }
}

function nameOrNone(environment: Environment, variable: string, meaning: string): string | null {
  const value = readSetting(environment, variable);
  if (value === undefined)
    throw misconfigured(`${variable} is not set. Set it to ${meaning}, or to none to switch the check off.`);
  return value === 'none' ? null : value;
}

function keysFrom(environment: Environment): TokenKeys {
  const set = KEY_VARIABLES.map((variable) => [variable, readSetting(environment, variable)] as const).filter(
    (setting): setting is [KeyVariable, string] => setting[1] !== undefined,
  );
  const [first] = set;
  if (first === undefined) {
    throw misconfigured(`No key to check tokens with. Set exactly one of ${KEY_VARIABLES.join(', ')}.`);
  }
  const names = set.map(([variable]) => variable);
  if (set.length > 1) throw misconfigured(`${names.join(' and ')} are both set. Keep exactly one of them.`);
  const [variable, value] = first;
  const algorithm = readSetting(environment, 'VERIFIED_MOBILE_ALGORITHM');
  try {
    return readKeys[variable](value, algorithm);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw misconfigured(`${variable} cannot be used: ${error.message}`, { cause: error });
  }
}

const readKeys: Readonly<Record<KeyVariable, (value: string, algorithm: string | undefined) => TokenKeys>> = {
  VERIFIED_MOBILE_JWKS_URL: (url, algorithm) =>
    algorithm ? jwks(url, { algorithms: [publicKeyAlgorithm(algorithm)] }) : jwks(url),
  VERIFIED_MOBILE_PUBLIC_KEY: (pem, algorithm) => publicKey(withLineEnds(pem), publicKeyAlgorithm(algorithm)),
  VERIFIED_MOBILE_SECRET: (base64, algorithm = 'HS256') => hmacSecret(decodeBase64(base64), hmacAlgorithm(algorithm)),
};

/** Files of settings often hold a PEM on one line, with `\n`, a space or nothing for its line ends. */
function withLineEnds(pem: string): string {
  const text = pem.replaceAll(/\\r|\\n/g, ' ').trim();
  return text.replace(/^(-----BEGIN [A-Z ]+-----)([^-]+)(-----END [A-Z ]+-----)$/, (_pem, begin, body: string, end) =>
    [begin, body.replaceAll(/\s/g, ''), end].join('\n'),
  );
}

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
  if (/^(?:[0-9a-f]{2}){32,}$/i.test(text)) {
    throw misconfigured('it is hexadecimal. Write the same bytes as base64: xxd -r -p | base64 -w 0');
  }
  const bytes = Buffer.from(text, 'base64');
  if (unpadded(bytes.toString('base64')) === unpadded(text)) return bytes;
  throw misconfigured('it is not base64. Make one with: openssl rand -base64 32');
}
