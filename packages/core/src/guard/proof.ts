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

/** What an adapter remembers of the requests that its guards let through. */
export interface ProofRegister<Request extends object> {
  attach(request: Request, proof: Proof): void;
  /** @throws {VerifiedMobileError} `not_verified`: no guard of this adapter let the request through */
  get(request: Request): Proof;
}

/** Kept beside the requests and not on them: a property could be set by any other library, or by a hostile body. */
export function createProofRegister<Request extends object>(): ProofRegister<Request> {
  const proofs = new WeakMap<Request, Proof>();
  return {
    attach: (request, proof) => void proofs.set(request, proof),
    get: (request) => {
      const proof = proofs.get(request);
      if (proof !== undefined) return proof;
      throw new VerifiedMobileError(
        'not_verified',
        'No guard has verified this request. Mount requireVerifiedMobile() before the handler, on every method it serves.',
      );
    },
  };
}
