import { misconfigured, type VerifiedMobileError } from '@verified-mobile/core/store';

/** Answers that waiting does not change: the operator has to change something. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/^(NOAUTH|WRONGPASS)/, 'Redis refuses the credentials. Give the client a user name and a password.'],
  [/NOPERM/, 'The Redis user may not do what the store needs: EVAL, EVALSHA, TIME, INFO and the keys {vm1*.'],
  [/^MOVED/, 'This Redis is a cluster. Use nodeRedisCluster() or ioredisCluster().'],
  [/^READONLY/, 'This Redis is a replica. Connect to the primary.'],
  [/VMCLOCK/, 'The clocks of Redis and of this service differ by more than a minute. Keep both with NTP.'],
  [/VMLAYOUT/, 'The ids in this Redis are kept in another layout. Give every service the same `layout`.'],
];

/** Whether the script found the clocks of server and caller too far apart. */
export function areClocksApart(error: unknown): boolean {
  return error instanceof Error && error.message.includes('VMCLOCK clocks differ');
}

/** Whether the server is a replica, also if a script was the first to write. */
export function isFromReplica(error: unknown): boolean {
  return error instanceof Error && /^READONLY|can't write against a read only replica/.test(error.message);
}

/** The error to give up with, if waiting does not change this answer of the server. */
export function remedyFor(error: unknown): VerifiedMobileError | undefined {
  const message = error instanceof Error ? error.message : '';
  const remedy = REMEDIES.find(([pattern]) => pattern.test(message));
  return remedy && misconfigured(remedy[1]);
}
