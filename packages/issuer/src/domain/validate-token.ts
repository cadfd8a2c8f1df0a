import type { Ports, TokenReading } from './ports.ts';

export interface ValidateToken {
  readonly account: string;
  readonly token: string;
  readonly audience: string;
  readonly initiatorId: string;
}

/** Says whether a token holds. It consumes nothing: the same token passes again until it times out. */
export async function validateToken(request: ValidateToken, ports: Ports): Promise<TokenReading> {
  const reading = await readOwnToken(request, ports);
  const { outcome } = reading;
  const about =
    outcome === 'invalid' ? {} : { ...ports.pseudonyms.ofMobile(reading.claims.mobile), tokenId: reading.tokenId };
  if (outcome === 'valid') ports.record({ kind: 'validation', outcome: 'accepted', ...about });
  else ports.record({ kind: 'validation', outcome: 'refused', reason: outcome, ...about });
  return reading;
}

/** Reads a token that was issued to this caller; every other one is invalid. */
export async function readOwnToken(request: ValidateToken, ports: Ports): Promise<TokenReading> {
  const reading = await ports.tokens.read(request.token, request.audience, ports.clock());
  if (reading.outcome === 'invalid') return reading;
  const { account, initiatorId } = reading.claims;
  // By account too: one company may have two, with the same initiator and audience.
  return account === request.account && initiatorId === request.initiatorId ? reading : { outcome: 'invalid' };
}
