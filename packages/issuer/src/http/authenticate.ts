import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { secretKeyFor } from '@verified-mobile/client';
import type { MiddlewareHandler } from 'hono';
import type { Account } from '../setup/accounts.ts';
import { refuseRequest } from './envelope.ts';

/** What a request has once it is authenticated. */
export interface CallerEnvironment {
  Variables: { account: Account };
}

export interface AuthenticationSettings {
  /** By developer key. */
  accounts: ReadonlyMap<string, Account>;
  timestampWindowMs: number;
  now: () => number;
}

const WRONG_KEY =
  'developer_key or secret-key is wrong. secret-key is standard base64 of HMAC-SHA256 over secret-key-timestamp, ' +
  'keyed with the base64 text of the access key.';

/** Lets a request through only if an account signed its timestamp, and says why not. */
export function authenticate(settings: AuthenticationSettings): MiddlewareHandler<CallerEnvironment> {
  // Fills the places of absent keys, so that every request costs two MACs and an unknown account cannot be timed.
  const decoyKey = randomBytes(32).toString('base64url');

  return async (context, next) => {
    const developerKey = context.req.header('developer_key');
    const secretKey = context.req.header('secret-key');
    const timestamp = context.req.header('secret-key-timestamp');
    if (!developerKey) {
      const hint = 'Spell it with an underscore; nginx drops it unless underscores_in_headers is on.';
      return refuseRequest(context, 'forbidden', `The header developer_key is missing. ${hint}`);
    }
    if (!secretKey) return refuseRequest(context, 'forbidden', 'The header secret-key is missing.');
    const fault = timestampFault(timestamp, settings);
    if (timestamp === undefined || fault) return refuseRequest(context, 'forbidden', fault);

    const account = settings.accounts.get(developerKey);
    const [first = decoyKey, second = decoyKey] = account?.accessKeys ?? [];
    // Both compared, whatever the first one says.
    const matches = [first, second].map((accessKey) => sameText(secretKey, secretKeyFor(accessKey, timestamp)));
    if (account === undefined || !matches.includes(true)) return refuseRequest(context, 'forbidden', WRONG_KEY);
    context.set('account', account);
    return next();
  };
}

function timestampFault(timestamp: string | undefined, settings: AuthenticationSettings): string | undefined {
  if (!timestamp) return 'The header secret-key-timestamp is missing.';
  if (!/^[0-9]{13}$/.test(timestamp)) {
    return 'secret-key-timestamp must be milliseconds since the epoch (13 digits).';
  }
  if (Math.abs(settings.now() - Number(timestamp)) <= settings.timestampWindowMs) return undefined;
  return `secret-key-timestamp is more than ${settings.timestampWindowMs / 1000} seconds from this server's time.`;
}

/** By digests of one length: `timingSafeEqual` throws on two lengths, and a check before it would tell the length. */
function sameText(left: string, right: string): boolean {
  return timingSafeEqual(digestOf(left), digestOf(right));
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
