import { randomBytes } from 'node:crypto';
import { secretKeyFor } from '@verified-mobile/client';
import type { MiddlewareHandler } from 'hono';
import type { EventReason } from '../domain/events.ts';
import { sameText } from '../lib/same-text.ts';
import type { Account } from '../setup/resolve-accounts.ts';
import type { Runtime } from '../setup/runtime.ts';
import { isAllowed } from './caller-address.ts';
import { refuseRequest } from './envelope.ts';
import { signatureHeaderFault } from './message-signature.ts';
import { recordRefusal, type RequestContext, type RequestEnvironment } from './request-context.ts';

const MISSING_DEVELOPER_KEY =
  'The header developer_key is missing. ' +
  'Spell it with an underscore; nginx drops it unless underscores_in_headers is on.';
const WRONG_KEY =
  'developer_key or secret-key is wrong. secret-key is standard base64 of HMAC-SHA256 over secret-key-timestamp, ' +
  'keyed with the base64 text of the access key.';

type Authentication =
  | { readonly outcome: 'authenticated'; readonly account: Account }
  | { readonly outcome: 'refused'; readonly reason: EventReason; readonly message: string };

/**
 * Lets a request through only if an account signed its timestamp and may call from that address; else says why not. A
 * signature over the whole message is checked later, when the body is read.
 */
export function authenticate(runtime: Runtime): MiddlewareHandler<RequestEnvironment> {
  // Fills the places of absent keys, so that every request costs two MACs and an unknown account cannot be timed.
  const decoyKey = randomBytes(32).toString('base64url');

  return async (context, next) => {
    const signer = findSigner(context, runtime, decoyKey);
    // Before its address is judged: that a right key came from a wrong address belongs to the account.
    if (signer.outcome === 'authenticated') context.set('account', signer.account);
    const result = signer.outcome === 'refused' ? signer : admit(signer.account, context, runtime);
    if (result.outcome === 'authenticated') return next();
    recordRefusal(context, runtime, { reason: result.reason });
    return refuseRequest(context, 'forbidden', result.message);
  };
}

/**
 * The account of this environment whose access key signed the timestamp. Keys of the sandbox may be published ones:
 * elsewhere they prove nothing.
 */
function findSigner(context: RequestContext, { options, inForce }: Runtime, decoyKey: string): Authentication {
  const developerKey = context.req.header('developer_key');
  const secretKey = context.req.header('secret-key');
  const timestamp = context.req.header('secret-key-timestamp');
  if (!developerKey) return refuse('forbidden', MISSING_DEVELOPER_KEY);
  if (!secretKey) return refuse('forbidden', 'The header secret-key is missing.');
  const fault = timestampFault(timestamp, options.timestampWindowSeconds, options.callersClock());
  if (timestamp === undefined || fault !== undefined) return refuse('forbidden', fault ?? WRONG_KEY);

  const account = inForce().accounts.get(developerKey);
  const [first = decoyKey, second = decoyKey] = account?.accessKeys ?? [];
  // Both are compared, also if the first one matches: the time must not tell which key it was.
  const matches = [first, second].map((accessKey) => sameText(secretKey, secretKeyFor(accessKey, timestamp)));
  if (account === undefined || !matches.includes(true)) return refuse('forbidden', WRONG_KEY);
  // Only after the signature, as the address: a stranger learns nothing of an account.
  if (account.environment === options.environment) return { outcome: 'authenticated', account };
  return refuse('wrong-environment', `Kindly use your ${options.environment} key.`);
}

function admit(account: Account, context: RequestContext, { options }: Runtime): Authentication {
  if (account.allowedAddresses !== undefined && !isAllowed(context.get('address'), account.allowedAddresses)) {
    return refuse('address', 'This address is not on the allow-list of the account.');
  }
  const fault = account.requireMessageSignature ? signatureHeaderFault(context, options.callersClock()) : undefined;
  return fault === undefined ? { outcome: 'authenticated', account } : refuse('forbidden', fault);
}

function refuse(reason: EventReason, message: string): Authentication {
  return { outcome: 'refused', reason, message };
}

function timestampFault(timestamp: string | undefined, windowSeconds: number, now: number): string | undefined {
  if (!timestamp) return 'The header secret-key-timestamp is missing.';
  if (!/^[0-9]{13}$/.test(timestamp)) {
    return 'secret-key-timestamp must be milliseconds since the epoch (13 digits).';
  }
  if (Math.abs(now - Number(timestamp)) <= windowSeconds * 1000) return undefined;
  return `secret-key-timestamp is more than ${windowSeconds} seconds from this server's time.`;
}
