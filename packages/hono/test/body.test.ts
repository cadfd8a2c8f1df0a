import { createTestIssuer, isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { requireVerifiedMobile } from '@verified-mobile/hono';
import { type Context, Hono } from 'hono';
import { expect, it } from 'vitest';

const issuer = createTestIssuer();
const FIELD = 'otp_verification_token';

const json = (token: string): string => JSON.stringify({ [FIELD]: token });
const form = (token: string): string => new URLSearchParams({ [FIELD]: token }).toString();
const multipart = (token: string): string =>
  `--json\r\nContent-Disposition: form-data; name="${FIELD}"\r\n\r\n${token}\r\n--json--\r\n`;
const repeated = (token: string): string => `${form(token)}&${form('another')}&${form(token)}`;
/** JSON and a form at once. */
const chimera = (token: string): string => JSON.stringify({ x: `&${form(token)}&` });

const readJson = async (c: Context): Promise<unknown> => c.req.json();
const readForm = async (c: Context): Promise<unknown> => c.req.parseBody();

const URLENCODED = 'application/x-www-form-urlencoded';

/** Content type, the body with a token in it, and what the application reads it as. */
const CASES: [string, (token: string) => string, (c: Context) => Promise<unknown>][] = [
  ['application/json', json, readJson],
  ['Application/JSON ; charset=utf-8', json, readJson],
  ['application/vnd.desk.v1+json', json, readJson],
  ['text/plain', json, readJson],
  [URLENCODED, json, readJson],
  [URLENCODED, form, readForm],
  [URLENCODED, form, async (c) => c.req.text()],
  ['Application/X-WWW-Form-Urlencoded; note=json', form, readForm],
  ['multipart/form-data; boundary=json', multipart, readForm],
  [URLENCODED, chimera, readForm],
];

const send = async (type: string, body: string, read: (c: Context) => Promise<unknown>, header?: string) => {
  const app = new Hono();
  app.use(async (c, next) => {
    await read(c);
    await next();
  });
  app.post('/', requireVerifiedMobile({ issuers: issuer.trusted, replayStore: isolatedMemoryReplayStore() }), (c) =>
    c.json({ code: 'passed' }),
  );
  const headers = { 'content-type': type, ...(header !== undefined && { 'otp-verification-token': header }) };
  const answer = await app.request('/', { method: 'POST', body, headers });
  return ((await answer.json()) as { code: string }).code;
};

it.each(CASES)(
  'finds the token that the application has read, and refuses another beside it: %s %o',
  async (type, write, read) => {
    expect(await send(type, write(issuer.mint()), read)).toBe('passed');
    expect(await send(type, write(issuer.mint()), read, issuer.mint())).toBe('otp_token_ambiguous');
  },
);

it('refuses a form that names two tokens, also beside a header', async () => {
  expect(await send(URLENCODED, repeated(issuer.mint()), readForm)).toBe('otp_token_invalid');
  const token = issuer.mint();
  expect(await send(URLENCODED, repeated(token), readForm, token)).toBe('otp_token_ambiguous');
});

it('refuses a body that is one token as JSON and another as a form', async () => {
  const [one, other] = [issuer.mint(), issuer.mint()];
  const body = JSON.stringify({ [FIELD]: one, x: `&${form(other)}&` });
  for (const read of [readJson, readForm]) {
    expect(await send(URLENCODED, body, read, one)).toBe('otp_token_ambiguous');
    expect(await send(URLENCODED, body, read, other)).toBe('otp_token_ambiguous');
  }
});
