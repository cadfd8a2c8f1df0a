import { misconfigured } from '../lib/errors.ts';
import type { TokenKeys } from './token-keys.ts';
import { isJsonObject } from '../lib/json.ts';
import { refuseUnknownNames } from '../lib/settings.ts';

/** Whose tokens are accepted, and how their signature is checked. */
export interface TrustedIssuer {
  /** The only `iss` accepted. `null` switches the check off: then any holder of the keys may call itself anything. */
  issuer: string | null;
  /** What must be (in) `aud`. `null` switches the check off: then a token made for another service passes here too. */
  audience: string | null;
  /** `jwks(url)`, `publicKey(keyOrPem, algorithm)`, `hmacSecret(bytes, algorithm)` or `remoteValidation(client)`. */
  keys: TokenKeys;
  /**
   * Names of the claims, for issuers that use others. Default `{ mobile: 'mobile', tokenId: 'jti' }`. `tokenId: null`
   * says that its tokens have no id: SHA-256 over header and payload, base64url, then stands in for it, and two tokens
   * that differ in the signature alone are one.
   */
  claims?: { mobile?: string; tokenId?: string | null };
  /**
   * `false` for an issuer that cannot bind a token to a transaction: if the guard has a `transaction`, its tokens
   * are then accepted without `transaction_data_hashes`. Default `true`.
   */
  bindsTransactions?: boolean;
}

export interface ResolvedIssuer {
  readonly issuer: string | null;
  readonly audience: string | null;
  readonly keys: TokenKeys;
  readonly mobileClaim: string;
  readonly tokenIdClaim: string | null;
  readonly bindsTransactions: boolean;
}

const NAMES = ['issuer', 'audience', 'keys', 'claims', 'bindsTransactions'];

/** @throws {VerifiedMobileError} `invalid_configuration`, naming the setting of the issuer that cannot stand */
export function resolveIssuers(given: TrustedIssuer | readonly TrustedIssuer[]): readonly ResolvedIssuer[] {
  const list: readonly TrustedIssuer[] = Array.isArray(given) ? given : [given];
  if (list.length === 0) throw misconfigured('issuers is empty: no token could ever pass. Name at least one.');
  const issuers = list.map(resolveIssuer);
  if (new Set(issuers.map(({ issuer }) => issuer)).size < issuers.length) {
    throw misconfigured('issuers names one issuer twice. Give each issuer once, its keys together in one jwks().');
  }
  return issuers;
}

function resolveIssuer(given: TrustedIssuer): ResolvedIssuer {
  if (!isJsonObject(given)) throw misconfigured('issuers takes objects: { issuer, audience, keys }.');
  refuseUnknownNames('An entry of issuers', given, NAMES);
  if (given.claims !== undefined) refuseUnknownNames('claims', given.claims, ['mobile', 'tokenId']);
  if (typeof given.keys?.authenticate !== 'function') {
    throw misconfigured(
      'keys must be made by jwks(url), publicKey(keyOrPem, algorithm), hmacSecret(bytes, algorithm) or remoteValidation(client).',
    );
  }
  return {
    issuer: requireNameOrNull('issuer', given.issuer),
    audience: requireNameOrNull('audience', given.audience),
    keys: given.keys,
    mobileClaim: requireName('claims.mobile', given.claims?.mobile ?? 'mobile'),
    tokenIdClaim: given.claims?.tokenId === null ? null : requireName('claims.tokenId', given.claims?.tokenId ?? 'jti'),
    bindsTransactions: requireBoolean('bindsTransactions', given.bindsTransactions ?? true),
  };
}

function requireNameOrNull(setting: string, value: unknown): string | null {
  if (value === null) return null;
  if (value === undefined)
    throw misconfigured(`${setting} is missing. To switch this check off, write ${setting}: null.`);
  return requireName(setting, value);
}

function requireName(setting: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw misconfigured(`${setting} must be a string that is not empty.`);
}

function requireBoolean(setting: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw misconfigured(`${setting} must be true or false.`);
}

/** The issuer whose token this claims to be. One declared with `issuer: null` takes what no other entry names. */
export function issuerOf(claimed: unknown, issuers: readonly ResolvedIssuer[]): ResolvedIssuer | undefined {
  return issuers.find(({ issuer }) => issuer === claimed) ?? issuers.find(({ issuer }) => issuer === null);
}
