import { createHash } from 'node:crypto';
import { misconfigured } from '../lib/errors.ts';

const DIGITS = /^[0-9]{1,30}$/;

/**
 * Names the chain of telemarketers between an entity and the operator, as the operators look it up: SHA-256 of the ids with
 * a comma between, `PEID,TMID1,…`, in lower-case hex (TRAI, Direction of 20 August 2024).
 *
 * @param telemarketerIds from the entity's own provider to the one that delivers, in the order of the registered chain
 * @throws {IssuerError} `invalid_configuration` if an id is not made of digits, or there is no telemarketer
 */
export function chainHash(entityId: string, telemarketerIds: readonly string[]): string {
  const ids = [entityId, ...telemarketerIds];
  if (telemarketerIds.length === 0 || !ids.every((id) => DIGITS.test(id))) {
    throw misconfigured('chainHash takes an entity id and at least one telemarketer id, each of digits alone.');
  }
  return createHash('sha256').update(ids.join(',')).digest('hex');
}
