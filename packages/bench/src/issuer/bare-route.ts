import { createHash, createHmac, type KeyObject, randomBytes, randomInt, sign } from 'node:crypto';
import { secretKeyFor } from '@verified-mobile/client';
import { type Context, Hono } from 'hono';
import { ACCOUNT, CODE_HEADER, PATHS } from './fixtures.ts';

interface Body {
  readonly mobile: string;
  readonly otp?: string;
}

/**
 * The same cryptography on the same framework, and nothing else: the MAC of the request, the MAC of the code, the digest
 * of the key, and the signature of the token. No limit, no failure count, no check of a field, one process.
 */
export function createBareRoute(key: KeyObject): Hono {
  const app = new Hono();
  const pepper = randomBytes(32);
  const codes = new Map<string, string>();
  const macOf = (subject: string, code: string): string =>
    createHmac('sha256', pepper).update(subject).update(code).digest('base64url');

  app.post(PATHS.send, async (context) => {
    if (!isSigned(context)) return context.body(null, 403);
    const { mobile } = await context.req.json<Body>();
    const code = String(randomInt(1e6)).padStart(6, '0');
    const subject = digestOf(mobile);
    codes.set(subject, macOf(subject, code));
    context.header(CODE_HEADER, code);
    return context.json({ status: 0, data: { mobile, tid: String(randomInt(1e9, 1e10)) } });
  });

  app.put(PATHS.verify, async (context) => {
    if (!isSigned(context)) return context.body(null, 403);
    const { mobile, otp = '' } = await context.req.json<Body>();
    const subject = digestOf(mobile);
    const isRight = codes.get(subject) === macOf(subject, otp);
    codes.delete(subject);
    return context.json({ status: isRight ? 0 : 1, data: { mobile, otp_verification_token: tokenFor(mobile, key) } });
  });
  return app;
}

function isSigned({ req }: Context): boolean {
  return req.header('secret-key') === secretKeyFor(ACCOUNT.accessKeys[0]!, req.header('secret-key-timestamp') ?? '');
}

function digestOf(mobile: string): string {
  return createHash('sha256').update(mobile).digest('base64url');
}

function tokenFor(mobile: string, key: KeyObject): string {
  const iat = Math.floor(Date.now() / 1000);
  const claims = {
    iss: 'bench',
    aud: 'payouts',
    iat,
    exp: iat + 300,
    jti: randomBytes(16).toString('base64url'),
    mobile,
  };
  const text = [{ typ: 'JWT', alg: 'ES256' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}
