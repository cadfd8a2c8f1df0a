import {
  otpHandler,
  type OtpHandler,
  type OtpHandlerOptions,
  type SendOtp,
  type VerifyOtp,
} from '@verified-mobile/client';
import { expect } from 'vitest';

export const ORIGIN = 'https://shop.test';
export const EXPIRY = Date.UTC(2026, 4, 22, 10, 34, 4);
export const CUSTOMER = { mobile: '+919002336768', cspId: '9962981729', id: 'customer-1' };

/** An issuer that says yes to all, and what it was asked. */
export function fakeIssuer() {
  const asked: (SendOtp | VerifyOtp)[] = [];
  const client: OtpHandlerOptions['client'] = {
    sendOtp: async (request) => {
      asked.push(request);
      return Promise.resolve({ tid: '1', clientRefId: undefined, otpExpiresAt: new Date(EXPIRY) });
    },
    verifyOtp: async (request) => {
      asked.push(request);
      return Promise.resolve({ mobile: CUSTOMER.mobile, token: 'the.signed.token', tid: '2', clientRefId: undefined });
    },
  };
  return { client, asked };
}

export interface HandlerUnderTest {
  readonly handler: OtpHandler;
  readonly asked: readonly (SendOtp | VerifyOtp)[];
  readonly faults: readonly unknown[];
  readonly send: (body?: unknown, headers?: Record<string, string>) => Promise<Response>;
  readonly verify: (body?: unknown, headers?: Record<string, string>) => Promise<Response>;
}

/** A handler before the fake issuer, and a page of the same site. */
export function handlerUnderTest(changes: Partial<OtpHandlerOptions> = {}): HandlerUnderTest {
  const { client, asked } = fakeIssuer();
  const faults: unknown[] = [];
  const handler = otpHandler({
    client,
    customer: () => CUSTOMER,
    onFault: (fault) => void faults.push(fault),
    ...changes,
  });
  const post =
    (path: string, otherwise: unknown) =>
    async (body = otherwise, headers: Record<string, string> = { 'sec-fetch-site': 'same-origin' }) => {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      const all = { 'content-type': 'application/json', ...headers };
      return handler(new Request(`${ORIGIN}${path}`, { method: 'POST', headers: all, body: text }));
    };
  return { handler, asked, faults, send: post('/otp', {}), verify: post('/otp/verify', { otp: '042317' }) };
}

/** A refusal, once it is certain that it has the form of all refusals. */
export async function problemOf(
  response: Response,
): Promise<{ status: number; code: string; retryAfter: string | null }> {
  const { title, status, detail, code, ...rest } = (await response.json()) as Record<string, unknown>;
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect({ title, detail, status, rest }).toEqual({
    title: expect.any(String) as string,
    detail: expect.any(String) as string,
    status: response.status,
    rest: {},
  });
  return { status: response.status, code: String(code), retryAfter: response.headers.get('retry-after') };
}
