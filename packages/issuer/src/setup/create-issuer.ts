import { normaliseMobile } from '@verified-mobile/core';
import { subjectKey } from '../domain/challenge.ts';
import { createApp } from '../http/app.ts';
import { ownsPath } from '../http/paths.ts';
import { misconfigured, refuseUnknownNames } from '../errors.ts';
import type { Issuer, IssuerOptions } from './options.ts';
import { resolveOptions } from './resolve-options.ts';
import { createRuntime } from './runtime.ts';

/**
 * The OTP service as one handler: Send OTP, Verify OTP, Validate Token, Consume Token and usage below `basePath`, the
 * public keys at `/.well-known/jwks.json`, `/openapi.json`, `/health` and `/ready`.
 *
 * @throws {IssuerError} `invalid_configuration` for anything that can be refused before the first request
 *
 * @example
 * ```ts
 * const issuer = createIssuer({
 *   issuer: 'https://otp.example.in',
 *   accounts: [{ id: 'shop', developerKey, accessKeys: [accessKey], initiatorId: '9962981729', audience: 'payouts' }],
 *   signingKeys: [createPrivateKey(pem)],
 *   peppers: [Buffer.from(pepperInBase64, 'base64')],
 *   sendSms: async ({ to, text }) => provider.send(to, text),
 *   store: redisOtpStore(redis), // several nodes; without it one node, in memory
 * });
 * await serve(issuer.fetch, { port: 4000 });
 * ```
 */
export function createIssuer(options: IssuerOptions): Issuer {
  const runtime = createRuntime(resolveOptions(options));
  const { store, ledger, now, basePath } = runtime.options;
  const ready = async (): Promise<void> => {
    await Promise.all([store.ready?.(), ledger?.ready(), runtime.options.replayStore?.ready?.()]);
  };
  const app = createApp(runtime, ready);
  return {
    fetch: async (request, connection = {}) => app.fetch(request, connection),
    owns: (path) => ownsPath(path, basePath),
    reload(changes) {
      refuseUnknownNames('reload', changes, ['accounts', 'signingKeys', 'peppers']);
      runtime.reload(changes);
    },
    async release(accountId, spelling) {
      const mobile = normaliseMobile(spelling);
      if (mobile === undefined) throw misconfigured('release() takes an Indian mobile.');
      await store.release(subjectKey({ tenant: accountId, mobile }), now());
    },
    ready,
    close: async () => ledger?.close(),
  };
}
