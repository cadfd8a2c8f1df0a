import { sha256 } from '../lib/digest.ts';
import { isFiniteNumber, type JsonObject, ownMember } from '../lib/json.ts';
import { normaliseMobile } from '../lib/mobile.ts';
import { MAX_LIFETIME_SECONDS } from './age-limits.ts';
import type { UnverifiedToken } from './compact-token.ts';
import { refused, type TokenRefused } from './refusal.ts';
import type { ResolvedIssuer } from './trusted-issuer.ts';

/** What a validated token says. */
export interface ValidatedToken {
  /** The token's unique id: `jti`, unless mapped; a digest of the token if it has none. */
  readonly tokenId: string;
  /** The mobile it proves, E.164. */
  readonly mobile: string;
  /** The token's own `iss`; empty if it has none and the check is off. */
  readonly issuer: string;
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** SHA-256 of each transaction the customer approved, base64url (OpenID4VP, `transaction_data_hashes`). */
  readonly transactionHashes: readonly string[] | undefined;
  /** Whether this token's issuer binds tokens to transactions. */
  readonly bindsTransactions: boolean;
}

export type ClaimsReading = { readonly outcome: 'valid'; readonly token: ValidatedToken } | TokenRefused;

const MAX_TOKEN_ID_LENGTH = 256;

/**
 * Reads the claims of a token whose signature holds, each with its type: a library's "required" also takes `jti: ""`,
 * `jti: 5` and `mobile: null`.
 */
export function readClaims({ payload, signedText }: UnverifiedToken, issuer: ResolvedIssuer): ClaimsReading {
  if (!isForAudience(ownMember(payload, 'aud'), issuer.audience)) return refused('otp_token_invalid', 'audience');
  const dates = readDates(payload);
  if (dates === undefined) return refused('otp_token_invalid', 'dates');
  const { tokenIdClaim } = issuer;
  // Header and payload have one accepted spelling. Not so the signature: under ES256 one token has two.
  const tokenId = tokenIdClaim === null ? sha256(signedText) : ownMember(payload, tokenIdClaim);
  if (!isTokenId(tokenId)) return refused('otp_token_invalid', 'token-id');
  const mobile = normaliseMobile(ownMember(payload, issuer.mobileClaim));
  if (mobile === undefined) return refused('otp_token_invalid', 'mobile');
  const transactionHashes = readTransactionHashes(payload);
  if (transactionHashes === null) return refused('otp_token_invalid', 'transaction-hashes');
  const iss = ownMember(payload, 'iss');
  // Member by member: spreading `dates` into it costs as much as all the checks above.
  const token = {
    tokenId,
    mobile,
    issuer: typeof iss === 'string' ? iss : '',
    issuedAt: dates.issuedAt,
    expiresAt: dates.expiresAt,
    transactionHashes,
    bindsTransactions: issuer.bindsTransactions,
  };
  return { outcome: 'valid', token };
}

function isForAudience(aud: unknown, audience: string | null): boolean {
  if (audience === null) return true;
  return Array.isArray(aud) ? aud.includes(audience) : aud === audience;
}

function readDates(payload: JsonObject): { issuedAt: number; expiresAt: number } | undefined {
  const iat = ownMember(payload, 'iat');
  const exp = ownMember(payload, 'exp');
  // JSON's 1e400 is Infinity here: a token that never expires.
  if (!isFiniteNumber(iat) || !isFiniteNumber(exp)) return undefined;
  if (exp <= iat || exp - iat > MAX_LIFETIME_SECONDS) return undefined;
  return { issuedAt: iat * 1000, expiresAt: exp * 1000 };
}

function isTokenId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_TOKEN_ID_LENGTH && value.isWellFormed();
}

/** `null` if the claims are there but cannot be read: such a token is bound to something unknown. */
function readTransactionHashes(payload: JsonObject): readonly string[] | undefined | null {
  const hashes = ownMember(payload, 'transaction_data_hashes');
  if (hashes === undefined) return undefined;
  const algorithm = ownMember(payload, 'transaction_data_hashes_alg') ?? 'sha-256';
  const readable = Array.isArray(hashes) && hashes.length > 0 && hashes.every((hash) => typeof hash === 'string');
  return readable && algorithm === 'sha-256' ? hashes : null;
}
