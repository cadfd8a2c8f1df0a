import { createHash } from 'node:crypto';

/** The chain of a principal entity and its telemarketers, as operators compare it (TRAI, 20 August 2024): lower-case hex. */
export function chainHash(entityId: string, telemarketerIds: readonly string[]): string {
  return createHash('sha256')
    .update([entityId, ...telemarketerIds].join(','))
    .digest('hex');
}
