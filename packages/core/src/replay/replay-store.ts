/**
 * Where token ids are consumed. One atomic verb; anything that stops a store from answering is thrown.
 *
 * Why not `has` and `set`: between the two, every other request with the same token passes. Why not a boolean: an
 * outage is not a replay. Why no release: a handler that outlives its lease pays twice.
 *
 * How to write one, and what lineage, fence, vouch, operation and proof mean: `guides/replay-store.md` of this package.
 */
export interface ReplayStore {
  /** Whether other processes see what this one consumes. */
  readonly scope: 'process' | 'shared';
  /**
   * How far the clocks of issuers may run ahead without a token passing again after the store lost its memory. A guard
   * with a larger `clockToleranceSeconds` refuses to be built on this store. Optional.
   */
  readonly issuerClockToleranceSeconds?: number;
  /**
   * `within-transaction`: `consume` only looks, and a handler that pays binds the id itself. Where no handler does, such a
   * store would let everything through again, so the issuer refuses it. Default `before-handler`.
   */
  readonly consumption?: 'before-handler' | 'within-transaction';
  /**
   * Binds the id to the operation if it is bound to nothing yet, for ever, and says to which it was bound.
   *
   * @throws anything: the store cannot be reached, cannot answer in time, or is full. The request is refused with 503.
   */
  consume(use: TokenUse, options: { readonly signal: AbortSignal }): Promise<ConsumeResult>;
  /**
   * The same for a store that answers at once, in its own memory: the guard then waits for nothing and needs no
   * deadline. Optional; `consume` must be there too.
   */
  consumeNow?(use: TokenUse): ConsumeResult;
  /** Resolves when the store can vouch for tokens issued from now on. Await it before listening. */
  ready?(): Promise<void>;
  close?(): Promise<void>;
}

/** One attempt to use up a token id. */
export interface TokenUse {
  /** 22 characters: base64url of the first 128 bits of SHA-256 over version, issuer and token id. */
  readonly id: string;
  /** At most 16 bytes: digest of the operation; random if the request has no idempotency key. */
  readonly operation: string;
  /** When the token was issued, milliseconds since the epoch. */
  readonly issuedAt: number;
  /** Until when the id must be remembered, milliseconds since the epoch: later than any service accepts the token. */
  readonly expiresAt: number;
}

export interface ConsumeResult {
  /**
   * - `first-use`: the id was free and is now bound to this operation
   * - `same-operation`: it was bound to this very operation before
   * - `used`: it is bound to another operation
   * - `fenced`: the store cannot vouch for the time since the token was issued
   */
  readonly outcome: 'first-use' | 'same-operation' | 'used' | 'fenced';
  /** When the id was bound, milliseconds since the epoch, if the store knows. */
  readonly firstUsedAt?: number;
  /** The operation to which it was bound, as in `TokenUse.operation`, if the store knows. */
  readonly firstOperation?: string;
}
