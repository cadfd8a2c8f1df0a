import type { Ports, TokenClaims } from './ports.ts';
import { readOwnToken, type ValidateToken } from './validate-token.ts';

export interface ConsumeToken extends ValidateToken {
  /** What the token is consumed for, as the customer approved it; `undefined` for a token that is bound to nothing. */
  readonly transaction: unknown;
  readonly idempotencyKey: string | undefined;
}

export type ConsumeTokenResult =
  /** `retry`: this very operation has consumed it before. */
  | { readonly outcome: 'consumed'; readonly claims: TokenClaims; readonly proofId: string; readonly retry: boolean }
  | { readonly outcome: 'used' | 'timed-out' | 'invalid' | 'other-transaction' | 'unavailable' };

/** Consumes a token, for services without a guard of their own. The first use wins, on every node. */
export async function consumeToken(request: ConsumeToken, ports: Ports): Promise<ConsumeTokenResult> {
  const reading = await readOwnToken(request, ports);
  // One that has timed out goes on: the register bears a clock that is ahead, as the guards do, and decides.
  if (reading.outcome === 'invalid') {
    ports.record({ kind: 'consumption', outcome: 'refused', reason: reading.outcome });
    return { outcome: reading.outcome };
  }
  const { claims, tokenId, keyId } = reading;
  const { token, audience, transaction, idempotencyKey } = request;
  const result = await ports.register.consume({ token, audience, keyId, transaction, idempotencyKey });
  const about = { ...ports.pseudonyms.ofMobile(claims.mobile), tokenId };
  if (result.outcome !== 'consumed') {
    ports.record({ kind: 'consumption', outcome: 'refused', reason: result.outcome, ...about });
    return { outcome: result.outcome };
  }
  const { proofId, retry } = result;
  const reason = retry ? { reason: 'same-operation' as const } : {};
  ports.record({ kind: 'consumption', outcome: 'accepted', ...reason, ...about });
  return { outcome: 'consumed', claims, proofId, retry };
}
