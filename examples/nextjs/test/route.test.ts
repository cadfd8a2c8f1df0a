import { readFileSync } from 'node:fs';
import { transactionHash } from '@verified-mobile/core';
import type * as payouts from '../next/app/payouts/route';
import type * as transfers from '../next/app/transfers/route';
import { createTestIssuer } from '@verified-mobile/core/testing';
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';

const TRANSFER = { amount: 2500, payee: 'Asha Traders' };
const issuer = createTestIssuer({ algorithm: 'HS256' });

beforeEach(() => {
  vi.resetModules();
  vi.stubEnv('VERIFIED_MOBILE_ISSUER', issuer.issuer);
  vi.stubEnv('VERIFIED_MOBILE_AUDIENCE', issuer.audience);
  vi.stubEnv('VERIFIED_MOBILE_SECRET', Buffer.from(issuer.jwk.k!, 'base64url').toString('base64'));
});
afterEach(() => vi.unstubAllEnvs());

/** As Next loads a route's module, with the environment of that moment. */
const load = {
  payouts: async (): Promise<typeof payouts> => import('../next/app/payouts/route'),
  transfers: async (): Promise<typeof transfers> => import('../next/app/transfers/route'),
};
const reload = async (): Promise<(typeof payouts)['POST']> => {
  vi.resetModules();
  return (await load.payouts()).POST;
};
const request = (path: string, token?: string, body: unknown = TRANSFER): Request =>
  new Request(`https://desk.test${path}`, {
    method: 'POST',
    headers: { cookie: 'session=asha', ...(token !== undefined && { 'otp-verification-token': token }) },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const bound = (claims: object = {}): string =>
  issuer.mint({ claims: { transaction_data_hashes: [transactionHash(TRANSFER)], ...claims } });

it('pays once, also where Next has bundled another copy of the guard', async () => {
  const [{ POST }, other] = [await load.payouts(), await reload()];
  expect(other).not.toBe(POST);
  await POST.ready();
  const token = issuer.mint();
  expect((await POST(request('/payouts', token))).status).toBe(201);
  for (const handler of [POST, other]) {
    expect(await (await handler(request('/payouts', token))).json()).toMatchObject({ code: 'otp_token_used' });
  }
});

it('transfers what the customer who is signed in has approved, and nothing else', async () => {
  const { POST } = await load.transfers();
  await POST.ready();
  const code = async (token: string, body?: unknown): Promise<unknown> =>
    ((await (await POST(request('/transfers', token, body))).json()) as { code?: string }).code;
  expect(await code(bound(), { ...TRANSFER, amount: 9999 })).toBe('transaction_mismatch');
  expect(await code(bound({ mobile: '9876543210' }))).toBe('mobile_mismatch');
  expect(await code(issuer.mint())).toBe('transaction_mismatch');
  expect(await code(bound())).toBeUndefined();
});

it('answers a body that is no JSON with 400', async () => {
  const { POST } = await load.payouts();
  await POST.ready();
  const answer = await POST(request('/payouts', issuer.mint(), '{"otp": LEAK'));
  expect(answer.status).toBe(400);
  expect(await answer.text()).not.toContain('LEAK');
});

it('is built without the settings of the service: loading the module reads none', async () => {
  vi.stubEnv('VERIFIED_MOBILE_ISSUER', undefined);
  const { POST } = await load.payouts();
  await expect(POST(request('/payouts', issuer.mint()))).rejects.toThrow('VERIFIED_MOBILE_ISSUER is not set');
});

it.each([
  ['VERCEL', 'Vercel'],
  ['AWS_LAMBDA_FUNCTION_NAME', 'AWS Lambda'],
  ['K_SERVICE', 'Cloud Run'],
])(
  'is refused with used tokens in memory where there are other instances, and says what to do: %s',
  async (variable, platform) => {
    vi.stubEnv('NODE_ENV', 'production');
    vi.stubEnv(variable, '1');
    const { POST } = await load.payouts();
    const refused = {
      code: 'invalid_configuration',
      message: expect.stringMatching(
        new RegExp(`an instance on ${platform}.+Give all of them the same shared replayStore`),
      ) as string,
    };
    await expect(POST.ready()).rejects.toMatchObject(refused);
    await expect(POST(request('/payouts', issuer.mint()))).rejects.toMatchObject(refused);
  },
);

it.each([
  'app/payouts/route.ts',
  'app/transfers/route.ts',
  'instrumentation.ts',
  'lib/guard-options.ts',
  'lib/ready.ts',
])('is shown in the README to the letter: %s', (file) => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
  expect(read('../README.md')).toContain(`\`\`\`ts\n// ${file}\n${read(`../next/${file}`)}\`\`\`\n`);
});

describe('the start of a process', () => {
  const start = async (runtime: string): Promise<void> => {
    vi.stubEnv('NEXT_RUNTIME', runtime);
    await (await import('../next/instrumentation')).register();
  };
  let exit: MockInstance<typeof process.exit>;
  let error: MockInstance<typeof console.error>;

  beforeEach(() => {
    exit = vi.spyOn(process, 'exit').mockReturnValue(undefined as never);
    error = vi.spyOn(console, 'error').mockReturnValue();
  });
  afterEach(() => void vi.restoreAllMocks());

  it('awaits the guard', async () => {
    await start('nodejs');
    const { POST } = await load.payouts();
    expect((await POST(request('/payouts', issuer.mint()))).status).toBe(201);
    expect(exit).not.toHaveBeenCalled();
  });

  it('ends it on a wrong setting, and says which', async () => {
    vi.stubEnv('VERIFIED_MOBILE_ISSUER', undefined);
    await start('nodejs');
    expect(exit).toHaveBeenCalledWith(1);
    expect(error).toHaveBeenCalledWith(expect.stringContaining('VERIFIED_MOBILE_ISSUER is not set'));
  });

  it('is nothing on the edge, for which the guard is not', async () => {
    vi.stubEnv('VERIFIED_MOBILE_ISSUER', undefined);
    await start('edge');
    expect(exit).not.toHaveBeenCalled();
  });
});
