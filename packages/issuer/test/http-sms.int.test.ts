/** What each way in which a provider can answer, or fail to, becomes: refused for certain, or unknown. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { SmsResult, SmsRoute } from '@verified-mobile/issuer';
import { type HttpSmsOptions, httpSmsRoute } from '@verified-mobile/issuer/http-sms';
import { freePort } from '@verified-mobile/test-support/free-port';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { LOOPBACK_CERTIFICATE } from './support/loopback-certificate.ts';
import {
  type Answer,
  answerJson,
  answerText,
  NOW,
  optionsFor,
  SMS,
  type SmsProvider,
  startProvider,
} from './support/sms-provider.ts';

interface Subject {
  readonly route: SmsRoute;
  readonly faults: string[];
  readonly send: (signal?: AbortSignal) => Promise<SmsResult>;
}

function routeTo(url: string, more: Partial<HttpSmsOptions> = {}): Subject {
  const faults: string[] = [];
  const route = httpSmsRoute(optionsFor(url, { onFault: ({ message }) => void faults.push(message), ...more }));
  onTestFinished(async () => route.close?.());
  const never = new AbortController().signal;
  return { route, faults, send: async (signal = never) => route.send(SMS, { signal }) };
}

/** A server that speaks bytes: for what no HTTP server does. */
async function rawServer(onSocket: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onSocket(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/send`;
}

/** What is in a row: the answer, what it becomes, and what the operator is told. */
type Row = readonly [what: string, answer: Answer, result: SmsResult, fault?: RegExp];

const QUEUED = { state: 'queued', id: 'm-1' };
const ACCEPTED: SmsResult = { outcome: 'accepted', messageId: 'm-1' };
const UNKNOWN: SmsResult = { outcome: 'unknown' };
const UNAVAILABLE: SmsResult = { outcome: 'refused', reason: 'unavailable' };
const MESSAGE: SmsResult = { outcome: 'refused', reason: 'message' };
const failure = (code: string | number): object => ({ error: { code } });

const ANSWERS: readonly Row[] = [
  ['200 and the condition', answerJson(200, QUEUED), ACCEPTED],
  ['202 and the condition', answerJson(202, QUEUED), ACCEPTED],
  ['acceptance with a byte order mark', answerText(200, `\uFEFF${JSON.stringify(QUEUED)}`), ACCEPTED],
  ['acceptance without an id', answerJson(200, { state: 'queued' }), { outcome: 'accepted' }],
  ['an id that JSON rounds', answerText(200, '{"state":"queued","id":35627074987949890}'), { outcome: 'accepted' }],
  [
    '200 with a known error',
    answerJson(200, failure('broke')),
    { ...UNAVAILABLE, operatorCode: 'broke' },
    /code broke/,
  ],
  ['200 with an error of its own', answerJson(200, failure(633)), { ...MESSAGE, operatorCode: '633' }],
  ['200 with an error that is no error', answerJson(200, failure('perhaps')), UNKNOWN, /outcome is unknown/],
  ['200 and another state', answerJson(200, { state: 'strange' }), UNKNOWN, /application\/json, 19 bytes/],
  [
    '200 and HTML',
    answerText(200, '<html>Welcome</html>', { 'content-type': 'text/html; charset=utf-8' }),
    UNKNOWN,
    /text\/html/,
  ],
  ['200 and nothing', answerText(200, ''), UNKNOWN, /0 bytes/],
  ['200 and half a JSON', answerText(200, '{"state":"queued"'), UNKNOWN, /17 bytes/],
  ['200 and JSON that is no object', answerText(200, 'null'), UNKNOWN, /4 bytes/],
  ['200 and 64 KiB', answerText(200, JSON.stringify(QUEUED).padEnd(65_536)), ACCEPTED],
  ['200 and a byte more', answerText(200, JSON.stringify(QUEUED).padEnd(65_537)), UNKNOWN, /over 64 KiB/],
  ['201 that the options do not name', answerJson(204, QUEUED), UNKNOWN, /status 204/],
  ['400', answerJson(400, {}), MESSAGE],
  ['400 with a code', answerJson(400, failure('bad-mobile')), { ...MESSAGE, operatorCode: 'bad-mobile' }],
  [
    '400 with a code for the account',
    answerJson(400, failure('broke')),
    { ...UNAVAILABLE, operatorCode: 'broke' },
    /broke/,
  ],
  ['400 with what is no code', answerJson(400, failure('no such <thing>')), MESSAGE],
  ['401', answerJson(401, {}), UNAVAILABLE, /status 401. Check the credentials/],
  ['402', answerJson(402, {}), UNAVAILABLE, /status 402. The account has no balance/],
  ['403 of a wall', answerText(403, '<html>'), UNAVAILABLE, /status 403. Check the credentials, and whether/],
  ['404', answerText(404, 'no'), UNAVAILABLE, /status 404. Check url/],
  ['405', answerText(405, 'no'), UNAVAILABLE, /Check method/],
  ['408', answerText(408, 'late'), UNKNOWN, /status 408/],
  ['409: perhaps one before was accepted', answerJson(409, failure('twice')), UNKNOWN, /status 409/],
  ['422', answerJson(422, {}), MESSAGE],
  ['429', answerText(429, 'slow'), { outcome: 'refused', reason: 'throttled' }],
  [
    '429 for 30 s',
    answerText(429, '', { 'retry-after': '30' }),
    { outcome: 'refused', reason: 'throttled', retryAfterMs: 30_000 },
  ],
  [
    '429 until a date',
    answerText(429, '', { 'retry-after': new Date(NOW + 20_000).toUTCString() }),
    { outcome: 'refused', reason: 'throttled', retryAfterMs: 20_000 },
  ],
  [
    '429 until a date that has passed',
    answerText(429, '', { 'retry-after': new Date(NOW - 20_000).toUTCString() }),
    { outcome: 'refused', reason: 'throttled', retryAfterMs: 0 },
  ],
  [
    '429 for a day',
    answerText(429, '', { 'retry-after': '86400' }),
    { outcome: 'refused', reason: 'throttled', retryAfterMs: 3_600_000 },
  ],
  ['429 and nonsense', answerText(429, '', { 'retry-after': 'soon' }), { outcome: 'refused', reason: 'throttled' }],
  [
    '200 with the code of a throttle',
    answerJson(200, failure('slow')),
    { outcome: 'refused', reason: 'throttled', operatorCode: 'slow' },
  ],
  ['500', answerText(500, 'oops'), UNKNOWN, /status 500/],
  ['502 of a gateway', answerText(502, '<html>'), UNKNOWN, /status 502/],
  ['503 with a date', answerText(503, '', { 'retry-after': '5' }), UNKNOWN, /status 503/],
  ['500 with an error that the options do not name', answerJson(500, failure('strange')), UNKNOWN, /status 500/],
  [
    '500 with one that they name',
    answerJson(500, failure('broke')),
    { ...UNAVAILABLE, operatorCode: 'broke' },
    /broke/,
  ],
  ['303: it follows what was done', answerText(303, '', { location: '/done' }), UNKNOWN, /status 303/],
];

describe('a provider that answers', () => {
  it.each(ANSWERS.map(([what, ...rest]) => ({ what, rest })))('$what', async ({ rest: [answer, result, fault] }) => {
    const provider = await startProvider(answer);
    const { send, faults } = routeTo(provider.url);
    expect(await send()).toEqual(result);
    expect(faults).toHaveLength(fault === undefined ? 0 : 1);
    expect(faults.join('')).toMatch(fault ?? /^$/);
    expect(provider.requests).toHaveLength(1);
  });

  it.each([301, 302, 307, 308])(
    'with the redirect %i is not followed, and the operator is told where it leads',
    async (status) => {
      const elsewhere = await startProvider(answerJson(200, QUEUED));
      const provider = await startProvider(answerText(status, '', { location: `${elsewhere.url}?otp=134021` }));
      const { send, faults } = routeTo(provider.url);
      expect(await send()).toEqual(UNAVAILABLE);
      expect(faults).toEqual([
        expect.stringContaining(`${status}, a redirect to ${new URL(elsewhere.url).origin}. None`),
      ]);
      expect(elsewhere.requests).toEqual([]);
    },
  );

  it('with 503 has refused if the options say that it does so', async () => {
    const provider = await startProvider(answerText(503, '', { 'retry-after': '5' }));
    const { send } = routeTo(provider.url, { refused: { unavailable: [503] } });
    expect(await send()).toEqual({ ...UNAVAILABLE, retryAfterMs: 5_000 });
  });

  it('in plain text is read by patterns', async () => {
    const provider = await startProvider(answerText(200, 'success | 919002336768 | 3450-12\n'));
    const { send } = routeTo(provider.url, {
      accepted: { pattern: '^success \\|' },
      messageId: { pattern: '^success \\| \\d+ \\| (\\S+)' },
      refused: { code: { pattern: '^error \\| (\\d+)' }, unavailable: ['102'] },
    });
    expect(await send()).toEqual({ outcome: 'accepted', messageId: '3450-12' });
    provider.answerWith(answerText(200, 'error | 102 | who are you'));
    expect(await send()).toEqual({ ...UNAVAILABLE, operatorCode: '102' });
    provider.answerWith(answerText(200, 'error | 633 | no such template'));
    expect(await send()).toEqual({ ...MESSAGE, operatorCode: '633' });
    provider.answerWith(answerText(200, 'well, success | perhaps'));
    expect(await send()).toEqual(UNKNOWN);
  });

  it('with an empty 204 has accepted if the options say that any body will do', async () => {
    const provider = await startProvider((response) => void response.writeHead(204).end());
    const { send } = routeTo(provider.url, { accepted: { status: [204], anyBody: true } });
    expect(await send()).toEqual({ outcome: 'accepted' });
  });

  it('has accepted by the id alone if no more is asked', async () => {
    const provider = await startProvider(answerJson(200, { id: 'm-2' }));
    const { send } = routeTo(provider.url, { accepted: {} });
    expect(await send()).toEqual({ outcome: 'accepted', messageId: 'm-2' });
    provider.answerWith(answerJson(200, {}));
    expect(await send()).toEqual(UNKNOWN);
  });
});

describe('a provider that cannot be reached', () => {
  it('is unavailable if nothing listens, for nothing was sent', async () => {
    const { send, faults } = routeTo(`http://127.0.0.1:${await freePort()}/send`);
    expect(await send()).toEqual(UNAVAILABLE);
    expect(faults).toEqual(['Route example: The provider could not be reached (ECONNREFUSED). Nothing was sent.']);
  });

  it('is unavailable if its name leads nowhere', async () => {
    const { send, faults } = routeTo('https://sms.invalid/send');
    expect(await send()).toEqual(UNAVAILABLE);
    expect(faults[0]).toMatch(/could not be reached \((?:ENOTFOUND|EAI_AGAIN)\)/);
  });

  it('is unavailable if its certificate is not trusted, and sees no byte of the request', async () => {
    const provider = await startProvider(answerJson(200, QUEUED), { tls: true });
    const { send, faults } = routeTo(provider.url);
    expect(await send()).toEqual(UNAVAILABLE);
    expect(faults[0]).toContain('(DEPTH_ZERO_SELF_SIGNED_CERT). Nothing was sent.');
    expect(provider.connections()).toBe(1);
    expect(provider.requests).toEqual([]);
  });

  it('is served over TLS with the certificate that the options trust', async () => {
    const provider = await startProvider(answerJson(200, QUEUED), { tls: true });
    const { send } = routeTo(provider.url, { ca: LOOPBACK_CERTIFICATE.cert });
    expect(await send()).toEqual(ACCEPTED);
    expect(await send()).toEqual(ACCEPTED);
    expect(provider.connections()).toBe(1);
  });

  it('is unavailable if it speaks no TLS, or breaks the handshake', async () => {
    let received = Buffer.alloc(0);
    const url = await rawServer((socket) => {
      socket.on('data', (chunk) => {
        received = Buffer.concat([received, chunk]);
        socket.destroy();
      });
    });
    const { send } = routeTo(url.replace('http:', 'https:'));
    expect(await send()).toEqual(UNAVAILABLE);
    expect(received.toString('latin1')).not.toContain('134021');
  });

  it('is unavailable if there is no connection in time, though the deadline is far', async () => {
    const url = await rawServer(() => {}); // accepts, and never answers the handshake
    const { send, faults } = routeTo(url.replace('http:', 'https:'), { connectTimeoutMs: 20, timeoutMs: 30_000 });
    expect(await send()).toEqual(UNAVAILABLE);
    expect(faults[0]).toContain('(no connection in time)');
  });
});

describe('a provider that has the request and gives no whole answer', () => {
  /** Ends the waiting once the provider has the request, however slow this machine is. */
  const untilSeen = async (answer: Answer): Promise<{ provider: SmsProvider; signal: AbortSignal }> => {
    const controller = new AbortController();
    const provider = await startProvider((...asked) => {
      answer(...asked);
      setImmediate(() => controller.abort());
    });
    return { provider, signal: controller.signal };
  };

  it.each<readonly [string, (socket: Socket) => void, RegExp]>([
    ['closes', (socket) => socket.end(), /ECONNRESET/],
    ['resets', (socket) => socket.resetAndDestroy(), /ECONNRESET/],
    ['breaks off within the headers', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-'), /ECONNRESET|HPE_/],
    [
      'breaks off within the body',
      (socket) => socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n${JSON.stringify(QUEUED)}`),
      /ECONNRESET/,
    ],
    [
      'resets within the body',
      (socket) => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n${JSON.stringify(QUEUED)}`, () =>
          socket.resetAndDestroy(),
        );
      },
      /ECONNRESET/,
    ],
    [
      'breaks off within a chunk',
      (socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n20\r\n{"state":'),
      /ECONNRESET/,
    ],
    ['answers what is no HTTP', (socket) => socket.end('SMS OK\r\n\r\n'), /HPE_/],
    [
      'has endless headers',
      (socket) => socket.end(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`),
      /HPE_HEADER_OVERFLOW/,
    ],
  ])('%s: unknown', async (_what, answer, cause) => {
    let requests = 0;
    const url = await rawServer((socket) => {
      socket.on('data', (chunk) => {
        if (!String(chunk).includes('134021')) return;
        requests += 1;
        answer(socket);
      });
    });
    const { send, faults } = routeTo(url);
    expect(await send()).toEqual(UNKNOWN);
    expect(faults).toEqual([expect.stringMatching(cause)]);
    expect(requests).toBe(1);
  });

  it.each<readonly [string, Answer]>([
    ['nothing', () => {}],
    ['headers and no body', (response) => response.writeHead(200, { 'content-length': '30' }).flushHeaders()],
    ['half a body', (response) => void response.writeHead(200).write('{"state":"queued",')],
  ])('answers %s until the deadline: unknown, and sent once', async (_what, answer) => {
    const { provider, signal } = await untilSeen(answer);
    const { send, faults } = routeTo(provider.url);
    expect(await send(signal)).toEqual(UNKNOWN);
    expect(faults).toEqual([expect.stringContaining('(no answer in time)')]);
    expect(provider.requests).toHaveLength(1);
  });

  it('trickles headers until the deadline: unknown', async () => {
    const controller = new AbortController();
    const url = await rawServer((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\n');
        const timer = setInterval(() => socket.write('x: y\r\n'), 5);
        setTimeout(() => controller.abort(), 50);
        socket.on('close', () => clearInterval(timer));
      });
    });
    expect(await routeTo(url).send(controller.signal)).toEqual(UNKNOWN);
  });

  it('is waited for as long as the options say', async () => {
    const provider = await startProvider(() => {});
    expect(await routeTo(provider.url, { timeoutMs: 1_000 }).send()).toEqual(UNKNOWN);
  });

  it('is not asked at all after the deadline', async () => {
    const provider = await startProvider(answerJson(200, QUEUED));
    expect(await routeTo(provider.url).send(AbortSignal.abort())).toEqual(UNAVAILABLE);
    expect(provider.requests).toEqual([]);
  });
});

describe('a connection that is kept', () => {
  it('is used again', async () => {
    const provider = await startProvider(answerJson(200, QUEUED));
    const { send } = routeTo(provider.url);
    for (let sent = 0; sent < 5; sent += 1) expect(await send()).toEqual(ACCEPTED);
    expect(provider.connections()).toBe(1);
  });

  it('and that the server has closed costs a new one, and nothing else', async () => {
    const provider = await startProvider(answerJson(200, QUEUED));
    const { send, faults } = routeTo(provider.url);
    for (let sent = 1; sent <= 20; sent += 1) {
      expect(await send()).toEqual(ACCEPTED);
      // In the same turn as the next send: the client has had no chance to see it.
      provider.closeIdle();
    }
    expect(faults).toEqual([]);
    expect(provider.requests).toHaveLength(20);
    expect(provider.connections()).toBe(20);
  });

  /** Accepts, but for its second request: that one it has, and breaks the connection. */
  const dropsSecond = async (): Promise<SmsProvider> => {
    const accept = answerJson(200, QUEUED);
    const provider = await startProvider((response, request, socket) => {
      if (provider.requests.length === 2) socket.resetAndDestroy();
      else accept(response, request, socket);
    });
    return provider;
  };

  it('and breaks when the request is with the server: unknown, and sent once', async () => {
    const provider = await dropsSecond();
    const { send } = routeTo(provider.url);
    expect(await send()).toEqual(ACCEPTED);
    expect(await send()).toEqual(UNKNOWN);
    expect(provider.requests).toHaveLength(2);
  });

  it('and breaks so is made anew if the provider tells repetitions apart', async () => {
    const provider = await dropsSecond();
    const { send, faults } = routeTo(provider.url, { idempotencyHeader: 'Idempotency-Key' });
    expect(await send()).toEqual(ACCEPTED);
    expect(await send()).toEqual(ACCEPTED);
    expect(faults).toEqual([]);
    expect(provider.requests.map(({ headers }) => headers['idempotency-key'])).toEqual(Array(3).fill('challenge-1'));
  });

  it.each<readonly [string, Answer | undefined]>([
    ['is refused', answerJson(429, {})],
    ['is refused for good', answerJson(400, failure('bad'))],
    ['cannot be connected', undefined],
  ])(
    'and breaks so, and whose repetition %s, is unknown: the first request may have been accepted',
    async (_what, answer) => {
      const provider = await startProvider((response, request, socket) => {
        if (provider.requests.length === 1) answerJson(200, QUEUED)(response, request, socket);
        if (provider.requests.length === 2 && answer === undefined) provider.stopListening();
        if (provider.requests.length === 2) socket.resetAndDestroy();
        if (provider.requests.length === 3) answer?.(response, request, socket);
      });
      const { send, faults } = routeTo(provider.url, { idempotencyHeader: 'Idempotency-Key' });
      expect(await send()).toEqual(ACCEPTED);
      expect(await send()).toEqual(UNKNOWN);
      expect(faults).toEqual([expect.stringContaining('no whole answer (ECONNRESET)')]);
      expect(provider.requests).toHaveLength(answer === undefined ? 2 : 3);
    },
  );

  it('is not repeated on a first connection, even so', async () => {
    const provider = await startProvider((_response, _request, socket) => socket.resetAndDestroy());
    const { send } = routeTo(provider.url, { idempotencyHeader: 'Idempotency-Key' });
    expect(await send()).toEqual(UNKNOWN);
    expect(provider.requests).toHaveLength(1);
  });
});

it('keeps its outcome if the listener of faults throws', async () => {
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  onTestFinished(() => stderr.mockRestore());
  const provider = await startProvider(answerText(500, ''));
  const onFault = (): never => {
    throw new Error('no disk');
  };
  expect(await routeTo(provider.url, { onFault }).send()).toEqual(UNKNOWN);
  expect(stderr).toHaveBeenCalledWith(expect.stringContaining('status 500'));
});

describe('closing a route', () => {
  it('lets what is under way end', async () => {
    const answer = answerJson(200, QUEUED);
    const provider = await startProvider((...asked) => void setImmediate(() => answer(...asked)));
    const { route, send } = routeTo(provider.url);
    const sending = send();
    await route.close?.();
    expect(await sending).toEqual(ACCEPTED);
  });

  it('gives up what hangs', async () => {
    const provider = await startProvider(() => {});
    const { route, send } = routeTo(provider.url);
    const sending = send();
    await expect.poll(() => provider.requests.length).toBe(1);
    await route.close?.();
    expect(await sending).toEqual(UNKNOWN);
  });
});
