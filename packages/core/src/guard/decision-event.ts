import { channel } from 'node:diagnostics_channel';
import { maskMobile } from '../mobile.ts';
import type { RefusalCode, RefusalReason } from '../token/failure.ts';
import type { Decision } from './decide.ts';
import type { GuardSettings } from './options.ts';

/** One decision, fit for logs: no token, no whole mobile. Also published on `diagnostics_channel` `verified-mobile:decision`. */
export interface DecisionEvent {
  /** `not-guarded`: a CORS preflight, or `when` said that this request needs no proof. */
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
  /** When the token was first used, milliseconds since the epoch, where the store knows. */
  readonly firstUsedAt?: number;
  /** What kept keys or store from answering. For the operator's eyes: it comes from the store or the network. */
  readonly error?: unknown;
}

const decisions = channel('verified-mobile:decision');

/** Reports decisions to the hook and the channel. A hook that fails changes nothing and is warned about once. */
export function createReporter<Request>(
  settings: GuardSettings<Request>,
): (decision: Decision, startedAt: number) => void {
  const { onDecision, clock } = settings;
  let warned = false;
  const warn = (): void => {
    if (warned) return;
    warned = true;
    process.emitWarning('The onDecision hook failed. Decisions stand as they are.', { code: 'VERIFIED_MOBILE_HOOK' });
  };
  return (decision, startedAt) => {
    if (onDecision === undefined && !decisions.hasSubscribers) return;
    const event = describe(decision, clock(), startedAt);
    decisions.publish(event);
    if (onDecision === undefined) return;
    try {
      void Promise.resolve(onDecision(event)).catch(warn);
    } catch {
      warn();
    }
  };
}

function describe(decision: Decision, at: number, startedAt: number): DecisionEvent {
  const { outcome, token, use, firstUsedAt, failure, error } = decision;
  return {
    outcome,
    at,
    durationMs: performance.now() - startedAt,
    ...(failure && { code: failure.code, reason: failure.reason }),
    ...(token && { issuer: token.issuer, mobile: maskMobile(token.mobile) }),
    ...(use && { proofId: use.id }),
    ...(decision.outcome === 'passed' && { retry: decision.retry }),
    ...(firstUsedAt !== undefined && { firstUsedAt }),
    ...(error !== undefined && { error }),
  };
}
