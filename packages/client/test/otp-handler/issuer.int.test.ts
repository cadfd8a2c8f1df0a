import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type OtpClient, type OtpClientOptions, otpHandler } from '@verified-mobile/client';
import { SANDBOX_CREDENTIALS } from '@verified-mobile/issuer/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { customerOf, type ServedSandbox, serveSandbox, transactionOf } from './sandbox.ts';
import { ORIGIN, problemOf } from './support.ts';

let sandbox: ServedSandbox;
beforeAll(async () => (sandbox = await serveSandbox()));
afterAll(async () => sandbox.close());

/** A page of the shop where this customer is logged in, and what the handler reported. */
function pageOf(mobile: string, client: OtpClient = sandbox.client()) {
  const faults: unknown[] = [];
  const handler = otpHandler({
    client,
    customer: ({ headers }) => customerOf(headers.get('cookie')),
    transaction: (_request, payout) => transactionOf(payout),
    onFault: (fault) => void faults.push(fault),
  });
  const post = async (path: string, body: object): Promise<Response> => {
    const headers = {
      'content-type': 'application/json',
      'sec-fetch-site': 'same-origin',
      cookie: `session=${mobile}`,
    };
    const response = await handler(new Request(ORIGIN + path, { method: 'POST', headers, body: JSON.stringify(body) }));
    const { accessKey, developerKey } = SANDBOX_CREDENTIALS;
    const told = JSON.stringify([...response.headers]) + (await response.clone().text());
    for (const secret of [accessKey, developerKey, mobile]) expect(told).not.toContain(secret);
    return response;
  };
  return {
    faults,
    send: async (amount: number) => post('/otp', { transaction: { amount, payee: 'Asha Stores' } }),
    verify: async (otp: string) => post('/otp/verify', { otp }),
  };
}

const tokenOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { otpVerificationToken: string }).otpVerificationToken;

describe('two tabs of one customer', () => {
  it('share the code: the second must wait, and the first one’s stays good', async () => {
    const mobile = '9810000001';
    const { send, verify } = pageOf(mobile);
    expect((await send(100)).status).toBe(200);
    expect(await problemOf(await send(200))).toEqual({ status: 429, code: 'otp_wait', retryAfter: '30' });
    expect((await verify(await sandbox.newestCode(mobile))).status).toBe(200);
    expect(await sandbox.messages(mobile)).toHaveLength(1);
  });

  it('send one SMS together, however near their requests are', async () => {
    const mobile = '9810000002';
    const { send } = pageOf(mobile);
    const statuses = await Promise.all([send(100), send(200), send(100)].map(async (sent) => (await sent).status));
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 429, 429]);
    expect(await sandbox.messages(mobile)).toHaveLength(1);
  });

  it('replace each other’s code after the pause: the older one is wrong from then on', async () => {
    const mobile = '9810000003';
    const { send, verify } = pageOf(mobile);
    await send(100);
    const older = await sandbox.newestCode(mobile);
    sandbox.clock.now += 30_000;
    expect((await send(200)).status).toBe(200);
    const newer = await sandbox.newestCode(mobile);
    // Once in a million times the two are the same code.
    const stale = older === newer ? newer.replaceAll(/./g, (digit) => String((Number(digit) + 1) % 10)) : older;
    expect(await problemOf(await verify(stale))).toMatchObject({ status: 400, code: 'otp_wrong' });
    expect((await verify(newer)).status).toBe(200);
  });

  it('get one token for a code that both submit', async () => {
    const mobile = '9810000004';
    const { send, verify } = pageOf(mobile);
    await send(100);
    const code = await sandbox.newestCode(mobile);
    const tokens = await Promise.all([verify(code), verify(code)].map(async (answer) => tokenOf(await answer)));
    expect(new Set(tokens).size).toBe(1);
  });
});

describe('the issuer', () => {
  it('calls an expired code wrong, and so does the handler', async () => {
    const mobile = '9820000001';
    const { send, verify, faults } = pageOf(mobile);
    await send(100);
    const code = await sandbox.newestCode(mobile);
    sandbox.clock.now += 300_000;
    expect(await problemOf(await verify(code))).toEqual({ status: 400, code: 'otp_wrong', retryAfter: null });
    expect(faults).toEqual([]);
  });

  it('cannot deliver to a mobile that the operator refuses: that is told from too soon', async () => {
    const { send, faults } = pageOf('6000000001');
    expect(await problemOf(await send(100))).toEqual({ status: 502, code: 'otp_not_delivered', retryAfter: null });
    expect(await problemOf(await send(100))).toEqual({ status: 429, code: 'otp_wait', retryAfter: '30' });
    const error = expect.objectContaining({ code: 'otp_not_sent' }) as unknown;
    expect(faults).toEqual([{ during: 'send', error }]);
  });

  it('that refuses the keys is unavailable to the customer, and the cause is told to the operator', async () => {
    const { send, faults } = pageOf('9820000002', sandbox.client({ accessKey: 'not-the-access-key' }));
    expect(await problemOf(await send(100))).toEqual({ status: 503, code: 'otp_unavailable', retryAfter: '5' });
    expect(faults).toMatchObject([{ during: 'send', error: { code: 'forbidden' } }]);
    expect(await sandbox.messages('9820000002')).toEqual([]);
  });
});

describe('a server in the place of the issuer', () => {
  let server: Server;
  let answer: (request: IncomingMessage, write: (status: number, body: string) => void) => void;
  const clientOf = (changes: Partial<OtpClientOptions> = {}): OtpClient => {
    const { port } = server.address() as AddressInfo;
    return sandbox.client({ baseUrl: `http://127.0.0.1:${port}`, ...changes });
  };
  beforeAll(async () => {
    server = createServer((request, response) =>
      answer(request, (status, body) => void response.writeHead(status).end(body)),
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => server.close().closeAllConnections());

  it('that hangs is given up after the client’s time, and hung up on', async () => {
    const hungUp = new Promise((resolve) => {
      answer = (request) => void request.socket.on('close', resolve);
    });
    const { send, verify } = pageOf('9830000001', clientOf({ timeoutMs: 500 }));
    for (const response of [await send(100), await verify('123456')]) {
      expect(await problemOf(response)).toEqual({ status: 503, code: 'otp_unavailable', retryAfter: '5' });
    }
    await hungUp;
  });

  it('that answers HTML, or an error with a text of its own, is never quoted', async () => {
    for (const [status, body] of [
      [200, '<html>LEAK</html>'],
      [500, 'LEAK'],
      [404, 'LEAK'],
    ] as const) {
      answer = (_request, write) => write(status, body);
      const response = await pageOf('9830000002', clientOf()).send(100);
      expect(await response.clone().text()).not.toContain('LEAK');
      expect(await problemOf(response)).toMatchObject({ status: 503, code: 'otp_unavailable' });
    }
  });

  it('that tells expired from wrong is believed', async () => {
    const envelope = { status: 303, response_status_id: 303, response_type_id: 1632, message: 'LEAK' };
    answer = (_request, write) => write(200, JSON.stringify(envelope));
    const response = await pageOf('9830000003', clientOf()).verify('123456');
    expect(await response.clone().text()).not.toContain('LEAK');
    expect(await problemOf(response)).toEqual({ status: 400, code: 'otp_expired', retryAfter: null });
  });

  it('that is gone is an outage', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    const { send, verify } = pageOf('9830000004', sandbox.client({ baseUrl: `http://127.0.0.1:${port}` }));
    for (const response of [await send(100), await verify('123456')]) {
      expect(await problemOf(response)).toEqual({ status: 503, code: 'otp_unavailable', retryAfter: '5' });
    }
  });
});
