import type { RefusalCode, RefusalReason } from './refusal-codes.ts';

/** One decision, fit for logs: no token, no whole mobile. Also published on `diagnostics_channel` `verified-mobile:decision`. */
export interface DecisionEvent {
  /** `not-guarded`: `when` said that this request needs no proof. */
  readonly outcome: 'passed' | 'refused' | 'not-guarded';
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly durationMs: number;
  /** What the caller was told. */
  readonly code?: RefusalCode;
  /** What only the operator is told. */
  readonly reason?: RefusalReason;
  /** Of a validated token: its issuer, its mobile (masked) and its id (as in `Proof.proofId`). */
  readonly issuer?: string;
  readonly mobile?: string;
  readonly proofId?: string;
  readonly retry?: boolean;
  /** When the token was first used, milliseconds since the epoch, if the store knows. */
  readonly firstUsedAt?: number;
  /** Stands for the operation that the request is part of (as in `Proof.operation`): a log joins a replay to it. */
  readonly operation?: string;
  /** On a replay, the operation that the token was spent on, if the store knows. */
  readonly firstOperation?: string;
  /** What kept keys or store from answering. For the operator's eyes: it comes from the store or the network. */
  readonly error?: unknown;
}
