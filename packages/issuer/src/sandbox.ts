/** The issuer to develop against: fixed credentials, an inbox instead of SMS, nothing kept. */
import { randomBytes } from 'node:crypto';
import { ResponseType } from '@verified-mobile/client';
import { memoryReplayStore, normaliseMobile } from '@verified-mobile/core';
import { type Context, Hono } from 'hono';
import { createIssuer, type Issuer } from './create-issuer.ts';
import type { Connection } from './http/caller-address.ts';
import { refusalEnvelope, refuseMethod } from './http/envelope.ts';
import { MOBILE_TAKES } from './http/fields.ts';
import { SANDBOX_CREDENTIALS } from './sandbox/credentials.ts';
import { createInbox, type Inbox, INBOX_PATH } from './sandbox/inbox.ts';
import { resolveSandboxOptions, SANDBOX_LIMITS, type SandboxOptions } from './sandbox/options.ts';
import { sandboxPage } from './sandbox/page.ts';
import { generateSigningKey } from './tokens/signing-keys.ts';

export { SANDBOX_CREDENTIALS, type SandboxCredentials } from './sandbox/credentials.ts';
export type { InboxMessage } from './sandbox/inbox.ts';
export type { SandboxOptions } from './sandbox/options.ts';

/**
 * An issuer that needs no account and sends no SMS. Beside the issuer's own URLs it answers `GET /`, a page with
 * commands to try it by hand, and `GET /sandbox/messages?mobile=`, the SMS it would have sent, newest first. Key, pepper
 * and storage are new in each sandbox: no token and no code outlives it. The rules are the real ones, but for the number
 * of sends: 30 seconds between two sends to one mobile, then as many as you like.
 *
 * @throws {IssuerError} `invalid_configuration`, naming the option and the remedy
 *
 * @example
 * ```ts
 * const sandbox = createSandbox({ publicUrl: 'http://localhost:4000' });
 * await serve(sandbox.fetch, { port: 4000 });
 * ```
 */
export function createSandbox(options: SandboxOptions): Issuer {
  const { publicUrl, basePath, payoutUrls, clock } = resolveSandboxOptions(options);
  const inbox = createInbox(clock);
  const { developerKey, accessKey, initiatorId, audience } = SANDBOX_CREDENTIALS;
  const issuer = createIssuer({
    issuer: publicUrl,
    accounts: [{ id: 'sandbox', environment: 'sandbox', developerKey, accessKeys: [accessKey], initiatorId, audience }],
    signingKeys: [generateSigningKey()],
    peppers: [randomBytes(32)],
    sendSms: inbox.deliver,
    replayStore: memoryReplayStore({ singleProcess: true, issuerClockToleranceSeconds: 0 }),
    environment: 'sandbox',
    ...SANDBOX_LIMITS,
    basePath,
    clock,
  });

  const app = new Hono<{ Bindings: Connection }>();
  app.get('/', sandboxPage({ publicUrl, apiUrl: publicUrl + basePath, payoutUrls }));
  app.get(INBOX_PATH, answerMessages(inbox));
  app.on('ALL', ['/', INBOX_PATH], refuseMethod('GET, HEAD'));
  app.all('*', async (context) => issuer.fetch(context.req.raw, context.env));
  return {
    ...issuer,
    fetch: async (request, connection = {}) => app.fetch(request, connection),
    owns: (path) => path === '/' || path === INBOX_PATH || issuer.owns(path),
  };
}

function answerMessages(inbox: Inbox): (context: Context) => Response {
  return (context) => {
    context.header('cache-control', 'no-store');
    const spelling = context.req.query('mobile');
    const mobile = normaliseMobile(spelling);
    if (spelling !== undefined && mobile === undefined) {
      return context.json(refusalEnvelope(ResponseType.none, `mobile must be ${MOBILE_TAKES}.`), 400);
    }
    return context.json({ messages: inbox.messages(mobile) });
  };
}
