import {
  createGuard,
  type Guard,
  publicKey,
  type RefusalCode,
  type ReplayStore,
  type Verdict,
} from '@verified-mobile/core';
import type { TokenConsumption, TokenConsumptionResult, TokenRegister } from '../domain/ports.ts';
import type { LoadedSigningKey } from './signing-keys.ts';

/** The default of the guards. */
const CLOCK_TOLERANCE_SECONDS = 5;

export interface TokenRegisterOptions {
  readonly issuer: string;
  readonly keys: () => readonly LoadedSigningKey[];
  readonly replayStore: ReplayStore;
  readonly clock: () => number;
}

/**
 * Consumes tokens as a guard does, being one: the id of a token is the same here and in every guard, and so they may
 * share a replay store.
 */
export function createTokenRegister(options: TokenRegisterOptions): TokenRegister {
  const guards = new Map<string, Guard<TokenConsumption>>();
  return {
    async consume(consumption) {
      const name = JSON.stringify([consumption.audience, consumption.keyId, consumption.transaction !== undefined]);
      const guard = guards.get(name) ?? guardFor(consumption, options);
      if (guard === undefined) return { outcome: 'invalid' };
      guards.set(name, guard);
      // Part of the operation: a payout route of a guard is another operation, even with the same key.
      return resultOf(await guard.decide({ request: consumption, method: 'POST', url: '/consume-token' }));
    },
  };
}

function guardFor(
  { audience, keyId, transaction }: TokenConsumption,
  { issuer, keys, replayStore, clock }: TokenRegisterOptions,
): Guard<TokenConsumption> | undefined {
  const key = keys().find(({ kid }) => kid === keyId);
  if (key === undefined) return undefined;
  return createGuard<TokenConsumption>({
    issuers: { issuer, audience, keys: publicKey(key.publicKey, key.algorithm) },
    replayStore,
    service: 'verified-mobile-issuer',
    token: (request) => request.token,
    idempotencyKey: (request) => request.idempotencyKey,
    // Without this option a guard refuses every token that is bound to a transaction, and with it every other one.
    ...(transaction !== undefined && { transaction: (request: TokenConsumption) => request.transaction }),
    // As any guard on this store does, unless the store bears less.
    clockToleranceSeconds: Math.min(CLOCK_TOLERANCE_SECONDS, replayStore.issuerClockToleranceSeconds ?? Infinity),
    storeTimeoutMs: 1_000,
    clock,
  });
}

const REFUSED: Partial<Record<RefusalCode, Exclude<TokenConsumptionResult['outcome'], 'consumed'>>> = {
  otp_token_used: 'used',
  otp_token_expired: 'timed-out',
  transaction_mismatch: 'other-transaction',
  guard_unavailable: 'unavailable',
};

function resultOf(verdict: Verdict): TokenConsumptionResult {
  switch (verdict.outcome) {
    case 'passed':
      return { outcome: 'consumed', proofId: verdict.proof.proofId, retry: verdict.proof.retry };
    case 'refused':
      return { outcome: REFUSED[verdict.refusal.code] ?? 'invalid' };
    case 'not-guarded':
      return { outcome: 'invalid' };
  }
}
