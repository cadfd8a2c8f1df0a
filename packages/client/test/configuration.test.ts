import { inspect } from 'node:util';
import { createOtpClient, signedHeaders } from '@verified-mobile/client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CALLS, clientAnswered, errorOf, MOBILE, OPTIONS, OTP, TOKEN } from './support.ts';

const EKO = { baseUrl: undefined, environment: 'staging' };

const withOptions = (changes: Record<string, unknown>) => () => createOtpClient({ ...OPTIONS, ...changes });

describe('createOtpClient() refuses', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['no developer key', { developerKey: undefined }, 'developerKey is missing'],
    ['an empty access key', { accessKey: '' }, 'accessKey is missing'],
    ['an access key with a line end', { accessKey: 'key-LEAK\n' }, 'accessKey holds quotes, white space'],
    ['an access key in quotes', { accessKey: '"key-LEAK"' }, 'accessKey holds quotes'],
    ['one key twice', { accessKey: 'dev-key-LEAK' }, 'are the same text'],
    ['an initiator of nine digits', { initiatorId: '123456789' }, 'initiatorId must be a string of ten digits'],
    ['an initiator as a number', { initiatorId: 1234567891 }, 'initiatorId must be a string of ten digits'],
    ['neither environment nor baseUrl', { baseUrl: undefined }, 'Give either environment'],
    ['both environment and baseUrl', { environment: 'production' }, 'Give either environment'],
    ['an unknown environment', { baseUrl: undefined, environment: 'live' }, "must be 'staging' or 'production'"],
    ['what an object inherits', { baseUrl: undefined, environment: 'toString' }, "must be 'staging' or 'production'"],
    ['no URL', { baseUrl: 'otp.test' }, 'baseUrl must be an https URL'],
    ['plain http', { baseUrl: 'http://otp.test/ekoapi/v3' }, 'baseUrl must be an https URL'],
    ['a name that begins like loopback', { baseUrl: 'http://127.0.0.1.otp.test' }, 'baseUrl must be an https URL'],
    ['a password in the URL', { baseUrl: 'https://a:LEAK@otp.test' }, 'scheme, host and path only'],
    ['a query in the URL', { baseUrl: 'https://otp.test/?a=LEAK' }, 'scheme, host and path only'],
    ['no time', { timeoutMs: 0 }, 'timeoutMs must be a whole number from 1 to 60000'],
    ['too long a time', { timeoutMs: 60_001 }, 'timeoutMs must be'],
    ['half a retry', { retries: 0.5 }, 'retries must be a whole number from 0 to 5'],
    ['a word for a boolean', { idempotentSends: 'yes' }, 'idempotentSends must be true or false'],
    ['a word for a signature', { messageSignature: 'yes' }, 'messageSignature must be true or false'],
    ['a method for a boolean', { validateByPost: 'POST' }, 'validateByPost must be true or false'],
    ['a message signature for Eko', { ...EKO, messageSignature: true }, "Eko's API has neither messageSignature"],
    ['Validate by POST for Eko', { ...EKO, validateByPost: true }, "Eko's API has neither messageSignature"],
    ['a misspelt option', { timeoutMS: 5 }, 'has no option timeoutMS. It takes: '],
    ['a clock that is a time', { clock: 5 }, 'clock must be a function'],
    ['a fetch that is none', { fetch: {} }, 'fetch must be a function'],
  ])('%s', (_what, changes, message) => {
    const refused = thrownBy(withOptions(changes));
    expect(refused).toMatchObject({
      code: 'invalid_configuration',
      message: expect.stringContaining(message) as string,
    });
    expect(inspect(refused, { depth: 10, showHidden: true })).not.toContain('LEAK');
  });

  it.each(['http://localhost:4000/ekoapi/v3', 'http://127.0.0.1:4000/ekoapi/v3', 'http://[::1]:4000/v3'])(
    'plain http, but not on loopback: %s',
    (baseUrl) => {
      expect(withOptions({ baseUrl })).not.toThrow();
    },
  );

  it.each(['timeoutMs', 'retries'])('an impossible %s of one call', async (name) => {
    const { client, requests } = clientAnswered('{}');
    const error = await errorOf(client.validateToken(TOKEN, { [name]: -1 }));
    expect(error).toMatchObject({ code: 'invalid_configuration', message: expect.stringContaining(name) as string });
    expect(requests).toEqual([]);
  });
});

describe('in a browser', () => {
  afterEach(() => void vi.unstubAllGlobals());

  it.each(['document', 'importScripts'])('known by %s, there is no client', (name) => {
    vi.stubGlobal(name, {});
    expect(thrownBy(withOptions({}))).toMatchObject({
      code: 'invalid_configuration',
      message: expect.stringContaining('must not run in a browser') as string,
    });
  });
});

describe("Eko's environments", () => {
  it.each([
    ['staging', 'https://staging.eko.in/ekoapi/v3/tools/kyc/mobile/otp/verify'],
    ['production', 'https://api.eko.in/ekoicici/v3/tools/kyc/mobile/otp/verify'],
  ] as const)('%s', async (environment, url) => {
    const { baseUrl: _, ...options } = OPTIONS;
    const urls: string[] = [];
    const client = createOtpClient({
      ...options,
      environment,
      fetch: (request) => {
        urls.push(request.url);
        return new Response();
      },
    });
    await errorOf(CALLS.verifyOtp(client));
    expect(urls).toEqual([url]);
  });

  it('a base URL may end with a slash', async () => {
    const { client, requests } = clientAnswered('{}', { baseUrl: 'https://otp.test/v3/' });
    await errorOf(CALLS.sendOtp(client));
    expect(requests[0]?.url).toBe('https://otp.test/v3/tools/kyc/mobile/otp');
  });
});

describe('a call refuses, with nothing sent,', () => {
  const { client, requests } = clientAnswered('{}');
  const cspId = '9876543210';
  it.each<[string, () => Promise<unknown>, string]>([
    ['a mobile of nine digits', async () => client.sendOtp({ mobile: '900233676', cspId }), 'mobile must be'],
    ['a mobile as a number', async () => client.sendOtp({ mobile: 9002336768 as never, cspId }), 'mobile must be'],
    ['a foreign mobile', async () => client.verifyOtp({ mobile: '+449002336768', otp: OTP }), 'mobile must be'],
    ['no cspId', async () => client.sendOtp({ mobile: MOBILE, cspId: undefined as never }), 'cspId must be'],
    ['an empty clientRefId', async () => client.sendOtp({ mobile: MOBILE, cspId, clientRefId: '' }), 'clientRefId'],
    ['an empty sessionId', async () => client.sendOtp({ mobile: MOBILE, cspId, sessionId: '' }), 'sessionId must be'],
    [
      'a sessionId with a blank',
      async () => client.verifyOtp({ mobile: MOBILE, otp: OTP, sessionId: 'a b' }),
      'sessionId must be',
    ],
    [
      'a language that is none',
      async () => client.sendOtp({ mobile: MOBILE, cspId, language: 'Hindi!' }),
      'language must be',
    ],
    ['an OTP as a number', async () => client.verifyOtp({ mobile: MOBILE, otp: 134021 as never }), 'otp must be'],
    ['an OTP of three digits', async () => client.verifyOtp({ mobile: MOBILE, otp: '134' }), 'otp must be'],
    ['no token', async () => client.validateToken(undefined as never), 'token must be'],
    ['a token with a parameter', async () => client.validateToken(`${TOKEN}&initiator_id=1`), 'token must be'],
    ['a token of 4097 characters', async () => client.validateToken(TOKEN + 'x'.repeat(4097 - TOKEN.length)), 'token'],
  ])('%s', async (_what, call, message) => {
    const error = await errorOf(call());
    expect(error).toMatchObject({ code: 'invalid_request', message: expect.stringContaining(message) as string });
    expect(requests).toEqual([]);
  });

  it('a clock that counts seconds', async () => {
    const seconds = clientAnswered('{}', { clock: () => 1_700_000_000 });
    const error = await errorOf(CALLS.validateToken(seconds.client));
    expect(error).toMatchObject({ code: 'invalid_configuration' });
    expect(error.message).toContain('Multiply seconds by 1000');
    expect(seconds.requests).toEqual([]);
  });
});

it.each([1_700_000_000, 1_700_000_000_000.5, Number.NaN])('signs no time like %d', (time) => {
  expect(thrownBy(() => signedHeaders(OPTIONS, time))).toMatchObject({ code: 'invalid_configuration' });
});

it('a client shows no secret, however it is printed', () => {
  const client = createOtpClient(OPTIONS);
  const told = [inspect(client, { depth: 10, showHidden: true }), JSON.stringify(client)];
  for (const secret of ['LEAK', OPTIONS.initiatorId]) expect(told.join()).not.toContain(secret);
});

it('takes a mobile in E.164 for the ten digits of the wire', async () => {
  const { client, requests } = clientAnswered('{}');
  await errorOf(client.verifyOtp({ mobile: '+919002336768', otp: OTP }));
  expect(await requests[0]?.json()).toMatchObject({ mobile: MOBILE });
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return expect.fail('nothing was thrown');
}
