import { IssuerError } from '../../lib/errors.ts';

export function unavailable(what: string, cause?: unknown): IssuerError {
  return new IssuerError('store_unavailable', `Redis ${what}.`, { cause });
}

/** The reply of a script of ours. */
export function texts(reply: unknown): string[] {
  if (Array.isArray(reply)) return reply.map(String);
  throw unavailable('answered something else than a script of ours does');
}
