import { ATTEMPT_HEADER } from './guard-options.ts';

export interface PayoutUrls {
  readonly express: string;
  readonly koa: string;
}

/** One request for a payout, as a customer's app would send it. */
export interface PayoutRequest {
  readonly attempt: string;
  readonly payout: unknown;
  readonly token?: string | undefined;
  readonly idempotencyKey?: string | undefined;
}

export type PayoutCall = (service: keyof PayoutUrls, request: PayoutRequest) => Promise<Response>;

const TIMEOUT_MS = 10_000;

/** Calls the services over HTTP, as everybody else does. */
export function payoutCalls(urls: PayoutUrls): PayoutCall {
  return async (service, { attempt, payout, token, idempotencyKey }) =>
    fetch(urls[service], {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        [ATTEMPT_HEADER]: attempt,
        ...(token !== undefined && { 'otp-verification-token': token }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      },
      body: JSON.stringify(payout),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
}
