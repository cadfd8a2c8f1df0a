import { VerifiedMobileError } from '@verified-mobile/core';

/** Refuses a setting, of this store or of the server: what is wrong, then what to do about it. */
export function misconfigured(message: string): VerifiedMobileError {
  return new VerifiedMobileError('invalid_configuration', message);
}

export function unavailable(message: string, cause?: unknown): VerifiedMobileError {
  return new VerifiedMobileError('unavailable', message, { cause });
}

/** What a server answers that will not go away by waiting: the operator has to change something. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/^(NOAUTH|WRONGPASS)/, 'Redis refuses the credentials. Give the client a user name and a password.'],
  [/NOPERM/, 'The Redis user may not do what the store needs: EVAL, EVALSHA, TIME, INFO and the keys {vm1*.'],
  [/^MOVED/, 'This Redis is a cluster. Use nodeRedisCluster() or ioredisCluster().'],
  [/^READONLY/, 'This Redis is a replica. Connect to the primary.'],
  [/VMLAYOUT/, 'The ids in this Redis are kept in another layout. Give every service the same `layout`.'],
];

/** The refusal to start that belongs to a server's answer, if it is one that will not go away. */
export function remedyFor(error: unknown): VerifiedMobileError | undefined {
  const message = error instanceof Error ? error.message : '';
  const remedy = REMEDIES.find(([pattern]) => pattern.test(message));
  return remedy && misconfigured(remedy[1]);
}
