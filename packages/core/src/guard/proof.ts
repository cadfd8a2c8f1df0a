import { VerifiedMobileError } from '../lib/errors.ts';

/** What a request that passed the guard has proven. */
export interface Proof {
  /** The proven mobile, E.164: `+919002336768`. */
  readonly mobile: string;
  /** The token's unique id, as its issuer wrote it. */
  readonly tokenId: string;
  /** The token id made unique over all issuers, 22 characters. Make the payout's row `UNIQUE` on it. */
  readonly proofId: string;
  /** The token's `iss`; empty if it has none and the check is off. */
  readonly issuer: string;
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** Stands for the operation that the token is spent on, at most 16 bytes: the same for an operation and its own retry. */
  readonly operation: string;
  /** Whether this very operation has passed before: answer it from its record, and without a record do not pay. Never true without an `idempotencyKey`. */
  readonly retry: boolean;
}

// On the global object: handlers may have another copy of the adapter than the guard that let the request through.
const PROOFS = Symbol.for('verified-mobile.proofs.1');
const registry = globalThis as { [PROOFS]?: WeakMap<object, Proof> };

/** For adapters: remembers what a request has proven. Beside it and not on it: any library, or a body, could set a property. */
export function rememberProof(request: object, proof: Proof): void {
  (registry[PROOFS] ??= new WeakMap()).set(request, proof);
}

/**
 * For adapters: what a request has proven, whichever copy of an adapter remembered it.
 *
 * @throws {VerifiedMobileError} `not_verified`: no guard let the request through
 */
export function rememberedProof(request: object): Proof {
  const proof = registry[PROOFS]?.get(request);
  if (proof !== undefined) return proof;
  throw new VerifiedMobileError(
    'not_verified',
    'No guard has verified this request. Mount requireVerifiedMobile() before the handler, on every method it serves.',
  );
}

/**
 * For adapters: shows a proof as `verifiedMobile`, for logs and templates. Defined and not assigned: the token is consumed
 * by now, and neither a getter of that name nor a frozen object may fail the request.
 */
export function showProof(holder: object, proof: Proof): void {
  const property = { value: proof, writable: true, enumerable: true, configurable: true };
  Reflect.defineProperty(holder, 'verifiedMobile', property);
}
