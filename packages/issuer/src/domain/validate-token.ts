import type { Ports, TokenReading } from './ports.ts';

export interface ValidateToken {
  token: string;
  audience: string;
  initiatorId: string;
}

/** Says whether a token holds. It consumes nothing: the same token passes again until it times out. */
export async function validateToken(request: ValidateToken, ports: Ports): Promise<TokenReading> {
  const reading = await ports.tokens.read(request.token, request.audience, ports.now());
  if (reading.outcome === 'invalid' || reading.claims.initiatorId !== request.initiatorId) {
    return { outcome: 'invalid' };
  }
  return reading;
}
