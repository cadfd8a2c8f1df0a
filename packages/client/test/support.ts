import { inspect } from 'node:util';
import { createOtpClient, OtpApiError, type OtpClient, type OtpClientOptions } from '@verified-mobile/client';
import { expect } from 'vitest';

export const NOW = Date.UTC(2026, 4, 22, 10, 34, 4);
export const MOBILE = '9002336768';
export const TOKEN = 'eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJtb2JpbGUiOiI5MDAyMzM2NzY4In0.c2lnbmF0dXJl';
export const OTP = '134021';

export const OPTIONS: OtpClientOptions = {
  developerKey: 'dev-key-LEAK',
  accessKey: 'access-key-LEAK',
  initiatorId: '1234567891',
  baseUrl: 'https://otp.test/ekoapi/v3',
  retries: 0,
  clock: () => NOW,
};

/** The three calls with good arguments. */
export const CALLS: Readonly<
  Record<'sendOtp' | 'verifyOtp' | 'validateToken', (client: OtpClient) => Promise<unknown>>
> = {
  sendOtp: async (client) => client.sendOtp({ mobile: MOBILE, cspId: '9876543210', clientRefId: '211101129871' }),
  verifyOtp: async (client) => client.verifyOtp({ mobile: MOBILE, otp: OTP }),
  validateToken: async (client) => client.validateToken(TOKEN),
};

/** A client whose every request gets this answer, and the requests it made. */
export function clientAnswered(
  answer: string | Response | ((request: Request) => Response | Promise<Response>),
  options: Partial<OtpClientOptions> = {},
) {
  const requests: Request[] = [];
  const client = createOtpClient({
    ...OPTIONS,
    fetch: async (request) => {
      requests.push(request);
      if (typeof answer === 'function') return answer(request);
      return typeof answer === 'string' ? Response.json(JSON.parse(answer)) : answer;
    },
    ...options,
  });
  return { client, requests };
}

/** What a call rejects with, once it is certain that it tells no secret however it is printed. */
export async function errorOf(call: Promise<unknown>): Promise<OtpApiError> {
  const error: unknown = await call.then(
    (value) => expect.fail(`resolved with ${inspect(value)}`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof OtpApiError)) throw error;
  const told = [inspect(error, { depth: 10, showHidden: true }), JSON.stringify(error), String(error), error.stack];
  for (const secret of ['LEAK', TOKEN, TOKEN.split('.')[1]!, OTP, MOBILE, OPTIONS.initiatorId]) {
    expect(told.join('\n')).not.toContain(secret);
  }
  return error;
}
