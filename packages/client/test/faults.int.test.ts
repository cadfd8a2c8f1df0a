import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createOtpClient, type OtpClientOptions } from '@verified-mobile/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CALLS, errorOf, MOBILE, OPTIONS, TOKEN } from './support.ts';

let server: Server;
let requests: number;
let answer: (response: ServerResponse, request: IncomingMessage) => void;

beforeAll(async () => {
  server = createServer((request, response) => {
    requests += 1;
    answer(response, request);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => (requests = 0));

/** Resolves when the client hangs up, and never answers. */
const hangUp = async (then = (): void => {}): Promise<string> =>
  new Promise((resolve) => {
    answer = (response) => {
      response.on('close', () => resolve('hung up'));
      then();
    };
  });

const client = (options: Partial<OtpClientOptions> = {}) => {
  const { port } = server.address() as AddressInfo;
  return createOtpClient({ ...OPTIONS, baseUrl: `http://127.0.0.1:${port}/ekoapi/v3`, ...options });
};

const VALID = JSON.stringify({
  status: 0,
  response_status_id: 0,
  response_type_id: 1633,
  message: 'OTP verification token is valid.',
  data: { otp_verification_token: TOKEN, mobile: MOBILE, tid: '2886978475' },
});
const SENT = JSON.stringify({
  status: 0,
  response_status_id: 0,
  response_type_id: 1623,
  message: 'OTP has been sent',
  data: { otp_expiry_timestamp: 'Fri May 22 16:04:04 IST 2026', tid: '2886978474' },
});

/** The first requests go wrong, the next are answered well. */
const failing = (times: number, fail: (response: ServerResponse) => void, good = VALID): void => {
  answer = (response) => (requests <= times ? fail(response) : response.end(good));
};

describe('a remote', () => {
  it.each<[string, (response: ServerResponse, request: IncomingMessage) => void, string, string]>([
    ['that hangs', () => undefined, 'timed_out', 'no whole answer within 1000 ms'],
    ['that stops in the body', (response) => response.write(VALID.slice(0, 40)), 'timed_out', 'no whole answer'],
    ['that answers byte by byte', trickle, 'timed_out', 'no whole answer'],
    ['that sends 100 MB', flood, 'unexpected_answer', 'more than 64 KiB'],
    ['that resets', (response) => response.socket?.resetAndDestroy(), 'unavailable', 'no answer from 127.0.0.1'],
    ['that cuts its answer', cut, 'unavailable', 'no answer from 127.0.0.1'],
    ['that speaks no HTTP', (response) => response.socket?.end(`${TOKEN} LEAK\r\n\r\n`), 'unavailable', 'HPE_'],
    ['that answers HTTP 503', (response) => response.writeHead(503).end('LEAK'), 'unavailable', 'HTTP 503'],
    ['that redirects', redirect, 'unexpected_answer', 'a redirect (HTTP 302)'],
    ['that answers HTML', (response) => response.end('<!doctype html>LEAK'), 'unexpected_answer', 'HTML'],
    ['that answers half of a JSON', (response) => response.end(VALID.slice(0, 40)), 'unexpected_answer', 'truncated'],
  ])('%s', async (_what, send, code, told) => {
    answer = send;
    const error = await errorOf(CALLS.validateToken(client({ timeoutMs: code === 'timed_out' ? 1_000 : 60_000 })));
    expect(error.code).toBe(code);
    expect(error.message).toContain(told);
    expect(requests).toBe(1);
  });

  it('that cannot be connected to', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    const error = await errorOf(CALLS.sendOtp(client({ baseUrl: `http://127.0.0.1:${port}` })));
    expect(error).toMatchObject({ code: 'unavailable', message: expect.stringContaining('ECONNREFUSED') as string });
  });

  it('is hung up on when the time is over', async () => {
    const hungUp = hangUp();
    await errorOf(CALLS.validateToken(client({ timeoutMs: 1_000 })));
    await expect(hungUp).resolves.toBe('hung up');
  });

  it('is given as long as one call says', async () => {
    answer = () => undefined;
    const error = await errorOf(client().validateToken(TOKEN, { timeoutMs: 30 }));
    expect(error.message).toContain('within 30 ms');
  });
});

function trickle(response: ServerResponse): void {
  let sent = 0;
  const timer = setInterval(() => response.write(VALID[sent++ % VALID.length]), 5);
  response.on('close', () => clearInterval(timer));
}

function flood(response: ServerResponse): void {
  const chunk = Buffer.alloc(1024 * 1024, ' ');
  let left = 100;
  const send = (): void => {
    while (left > 0 && response.write(chunk)) left -= 1;
    if (left <= 0) response.end();
  };
  response.on('drain', send);
  send();
}

function cut(response: ServerResponse): void {
  response.writeHead(200, { 'content-length': VALID.length }).write(VALID.slice(0, 40), () => response.destroy());
}

function redirect(response: ServerResponse, request: IncomingMessage): void {
  if (requests > 1) response.end(VALID);
  else response.writeHead(302, { location: `http://${request.headers.host}/elsewhere/${TOKEN}` }).end();
}

describe('a signal', () => {
  const reason = new Error('the customer left');

  it('ends a call with its own reason, and the connection', async () => {
    const controller = new AbortController();
    const hungUp = hangUp(() => controller.abort(reason));
    await expect(client().validateToken(TOKEN, { signal: controller.signal })).rejects.toBe(reason);
    await expect(hungUp).resolves.toBe('hung up');
  });

  it('that is aborted already lets nothing out', async () => {
    await expect(client().validateToken(TOKEN, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(requests).toBe(0);
  });

  it('ends the pause before a repeat, and the repeat', async () => {
    const controller = new AbortController();
    let attempts = 0;
    const fetch = async (): Promise<Response> => {
      attempts += 1;
      setImmediate(() => controller.abort(reason));
      return Promise.resolve(new Response(null, { status: 503 }));
    };
    const call = client({ retries: 5, fetch }).validateToken(TOKEN, { signal: controller.signal });
    await expect(call).rejects.toBe(reason);
    expect(attempts).toBe(1);
  });
});

describe('repeats', () => {
  const reset = (response: ServerResponse): unknown => response.socket?.resetAndDestroy();
  const unavailable = (response: ServerResponse): unknown => response.writeHead(503).end();

  it.each([
    ['a lost connection', reset],
    ['HTTP 503', unavailable],
  ])('Validate Token after %s, as often as told', async (_what, fail) => {
    failing(2, fail);
    expect((await errorOf(CALLS.validateToken(client({ retries: 1 })))).code).toBe('unavailable');
    expect(requests).toBe(2);
    requests = 0;
    expect(await CALLS.validateToken(client({ retries: 2 }))).toMatchObject({ token: TOKEN });
    expect(requests).toBe(3);
  });

  it.each(['sendOtp', 'verifyOtp'] as const)('never %s once the server may have seen it', async (call) => {
    for (const fail of [reset, unavailable]) {
      requests = 0;
      failing(9, fail);
      expect((await errorOf(CALLS[call](client({ retries: 5 })))).code).toBe('unavailable');
      expect(requests).toBe(1);
    }
  });

  it('Send OTP if the issuer is declared to send one SMS per clientRefId, and the call has one', async () => {
    const idempotent = client({ retries: 1, idempotentSends: true });
    failing(1, reset, SENT);
    expect(await CALLS.sendOtp(idempotent)).toMatchObject({ tid: '2886978474', clientRefId: undefined });
    expect(requests).toBe(2);
    requests = 0;
    await errorOf(idempotent.sendOtp({ mobile: MOBILE, cspId: '9876543210' }));
    expect(requests).toBe(1);
  });

  it('not what is refused', async () => {
    failing(9, (response) => response.writeHead(403).end());
    await errorOf(CALLS.validateToken(client({ retries: 5 })));
    expect(requests).toBe(1);
  });

  it.each(['sendOtp', 'verifyOtp'] as const)('%s if the server was never reached', async (call) => {
    let attempts = 0;
    const refused = Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } });
    const fetch = async (): Promise<Response> => {
      attempts += 1;
      return Promise.reject(refused);
    };
    expect((await errorOf(CALLS[call](client({ retries: 2, fetch })))).code).toBe('unavailable');
    expect(attempts).toBe(3);
  });
});

it('keeps to its timeout even if the fetch that it was given does not', async () => {
  const fetch = async (): Promise<Response> => new Promise(() => undefined);
  expect((await errorOf(CALLS.validateToken(client({ fetch, timeoutMs: 20 })))).code).toBe('timed_out');
});
