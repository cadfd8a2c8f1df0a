import { messageSignatureFor } from '@verified-mobile/client';
import type { MiddlewareHandler } from 'hono';
import type { EventReason } from '../domain/events.ts';
import { sameText } from '../lib/same-text.ts';
import type { Account } from '../setup/resolve-accounts.ts';
import type { Runtime } from '../setup/runtime.ts';
import { refuseRequest } from './envelope.ts';
import { recordRefusal, type RequestContext, type RequestEnvironment } from './request-context.ts';
import { CALLERS_CLOCK_AHEAD_SECONDS, consumeSignature } from './used-signatures.ts';

const WRONG_SIGNATURE =
  'secret-key-signature is wrong. It covers developer_key, method, path with query, secret-key-timestamp, ' +
  'secret-key-nonce and body exactly as this server received them.';
const REPEATED_SIGNATURE =
  'This message signature was used before. Sign each request anew, with another secret-key-nonce.';
const UNVOUCHED_SIGNATURE =
  'This message signature may have been used before: it is older than what this server remembers. Sign the request anew.';

/** What is wrong with the headers of a message signature, as far as it shows before the body is read. */
export function signatureHeaderFault({ req }: RequestContext, now: number): string | undefined {
  const required = 'This account takes only requests with a message signature.';
  if (!req.header('secret-key-signature')) return `The header secret-key-signature is missing. ${required}`;
  const nonce = req.header('secret-key-nonce');
  if (!nonce) return `The header secret-key-nonce is missing. ${required}`;
  // Without a line feed, at least: it ends a line of what is signed.
  if (!/^[A-Za-z0-9_-]{16,64}$/.test(nonce)) {
    return 'secret-key-nonce must be 16 to 64 letters, digits, hyphens and underscores.';
  }
  if (Number(req.header('secret-key-timestamp')) - now <= CALLERS_CLOCK_AHEAD_SECONDS * 1000) return undefined;
  return `secret-key-timestamp is more than ${CALLERS_CLOCK_AHEAD_SECONDS} seconds ahead of this server's time.`;
}

/**
 * For accounts that require it: lets a request through only if its signature covers all of it, and only once. Last before
 * the call, with the body read: nothing that is refused before uses a signature up.
 */
export function checkMessageSignature(runtime: Runtime): MiddlewareHandler<RequestEnvironment> {
  const { replayStore, timestampWindowSeconds } = runtime.options;
  return async (context, next) => {
    const account = context.get('account');
    if (!account.requireMessageSignature) return next();
    const refuse = (reason: EventReason, message: string): Response => {
      recordRefusal(context, runtime, { reason });
      return refuseRequest(context, 'forbidden', message);
    };
    if (!isSigned(context, account)) return refuse('forbidden', WRONG_SIGNATURE);
    const signature = context.req.header('secret-key-signature')!;
    const timestamp = Number(context.req.header('secret-key-timestamp'));
    const outcome = await consumeSignature(replayStore!, { signature, timestamp, timestampWindowSeconds });
    if (outcome === 'first-use') return next();
    if (outcome === 'fenced') return refuse('unvouched-signature', UNVOUCHED_SIGNATURE);
    return refuse('repeated-signature', REPEATED_SIGNATURE);
  };
}

function isSigned(context: RequestContext, { developerKey, accessKeys }: Account): boolean {
  const header = (name: string): string => context.req.header(name) ?? '';
  const message = {
    developerKey,
    method: context.req.method,
    target: context.env.target ?? targetOf(context.req.raw.url),
    timestamp: header('secret-key-timestamp'),
    nonce: header('secret-key-nonce'),
    body: (context.get('bodyBytes') as Uint8Array | undefined) ?? '',
  };
  const signature = header('secret-key-signature');
  return accessKeys.map((key) => sameText(signature, messageSignatureFor(key, message))).includes(true);
}

/** Path and query. Not from a `URL`: that would write some characters in another way. */
function targetOf(url: string): string {
  return url.replace(/^[a-z]+:\/\/[^/?#]*/, '');
}
