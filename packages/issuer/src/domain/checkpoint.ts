/** `typ` of a checkpoint: with it no checkpoint passes as a token, and no token as a checkpoint. */
export const CHECKPOINT_TYPE = 'ledger-checkpoint+jwt';

/** Where a ledger ends. */
export interface LedgerHead {
  /** Names the chain among others of the same issuer: its node. */
  readonly chain: string;
  /** The number of the last written entry; 0 if there is none. */
  readonly sequence: number;
  readonly hash: string;
}
