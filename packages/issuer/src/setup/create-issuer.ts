import { createApp } from '../http/app.ts';
import type { Issuer, IssuerOptions } from './options.ts';
import { resolveOptions } from './resolve-options.ts';

/**
 * The OTP service as one handler: Send OTP, Verify OTP and Validate Token below `basePath`, the public keys at
 * `/.well-known/jwks.json`, and `/health`.
 *
 * @throws {IssuerError} `invalid_configuration` for anything that can be refused before the first request
 *
 * @example
 * ```ts
 * const issuer = createIssuer({
 *   issuer: 'https://otp.example.in',
 *   accounts: [{ id: 'shop', developerKey, accessKeys: [accessKey], initiatorId: '9962981729', audience: 'payouts' }],
 *   signingKeys: [createPrivateKey(pem)],
 *   pepper: Buffer.from(pepperInBase64, 'base64'),
 *   sendSms: async ({ to, text }) => provider.send(to, text),
 * });
 * await serve(issuer.fetch, { port: 4000 });
 * ```
 */
export function createIssuer(options: IssuerOptions): Issuer {
  const app = createApp(resolveOptions(options));
  return { fetch: async (request) => app.fetch(request) };
}
