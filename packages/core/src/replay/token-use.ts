import { randomBytes } from 'node:crypto';
import { lengthPrefixed, sha256 } from '../lib/digest.ts';
import { MAX_CLOCK_TOLERANCE_SECONDS, MAX_LIFETIME_SECONDS } from '../token/age-limits.ts';
import type { ValidatedToken } from '../token/claims.ts';
import type { TokenUse } from './replay-store.ts';

/** Changes when ids are made in another way, so that services of two versions never mistake one id for another. */
const VERSION = 'verified-mobile/1';

const ID_BYTES = 16;
const OPERATION_BYTES = 12;

const SAFETY_MARGIN_SECONDS = 60;
/** The most tolerant service that shares the store still accepts a token for a while after its end. */
const REMEMBERED_AFTER_END_SECONDS = MAX_CLOCK_TOLERANCE_SECONDS + SAFETY_MARGIN_SECONDS;

/** No use of a token that passed the guard has an `expiresAt` further ahead than this. */
export const LONGEST_MEMORY_SECONDS: number =
  MAX_CLOCK_TOLERANCE_SECONDS + MAX_LIFETIME_SECONDS + REMEMBERED_AFTER_END_SECONDS;

/**
 * The use that a request wants to make of a token. The id comes from issuer and verified token id, never from the
 * token's text: one signed token has many spellings.
 */
export function tokenUse(token: ValidatedToken, operation: string): TokenUse {
  return {
    id: sha256(lengthPrefixed([VERSION, token.issuer, token.tokenId]), ID_BYTES),
    operation,
    issuedAt: token.issuedAt,
    expiresAt: token.expiresAt + REMEMBERED_AFTER_END_SECONDS * 1000,
  };
}

/** What makes two requests one operation. */
export interface OperationParts {
  /** In it, so that two operations with one digest cannot be prepared before the token exists. */
  readonly tokenId: string;
  /** In it, because services that share a store each have a payout of their own to make. */
  readonly service: string;
  readonly method: string;
  readonly route: string;
  readonly transaction: string;
  readonly idempotencyKey: string;
}

/** 16 characters that stand for one operation. */
export function operationDigest(operation: OperationParts): string {
  const { tokenId, service, method, route, transaction, idempotencyKey } = operation;
  const parts = lengthPrefixed([VERSION, tokenId, service, method, route, transaction, idempotencyKey]);
  return sha256(parts, OPERATION_BYTES);
}

const PROCESS_NAME = randomBytes(6).toString('base64url');
let requests = 0;

/** An operation that no other request is part of, in this process or another: 16 characters. */
export function uniqueOperation(): string {
  requests += 1;
  return PROCESS_NAME + requests.toString(36).padStart(8, '0');
}
