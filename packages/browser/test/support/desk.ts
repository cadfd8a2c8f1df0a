import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createGuard } from '@verified-mobile/core';
import { createTestIssuer, isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { scriptOf } from './bundle.ts';

/** What the customer finds in the SMS. */
export const OTP = '134021';

/** Nothing of another place, nothing inline, and no markup made of text. */
const STRICT_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; " +
  "require-trusted-types-for 'script'; trusted-types 'none'";

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

type Answerer = (request: Received) => Answer | Promise<Answer>;

/** A page, the app's own back end, and a guarded payout service, on one origin. */
export interface Desk {
  readonly origin: string;
  /** All that was posted, in order. */
  readonly received: readonly Received[];
  /** Those of one path. */
  readonly receivedAt: (path: string) => readonly Received[];
  /** Answers a path otherwise: for ever, or so many times. */
  readonly answer: (path: string, answerer: Answerer, times?: number) => void;
  readonly close: () => void;
}

export interface DeskOptions {
  /** A script of `pages`. */
  readonly page?: string;
  readonly policy?: string;
  /** What stands before the script. */
  readonly body?: string;
}

export async function openDesk({
  page = 'kit.ts',
  policy = STRICT_POLICY,
  body = '',
}: DeskOptions = {}): Promise<Desk> {
  const received: Received[] = [];
  const answerers = new Map<string, Answerer>(Object.entries(createBackEnd()));
  const script = await scriptOf(page);
  const files: Record<string, [type: string, text: string]> = {
    '/': ['text/html; charset=utf-8', documentOf(body)],
    '/page.js': ['text/javascript', script],
    '/page.css': ['text/css', readFileSync(new URL('../pages/page.css', import.meta.url), 'utf8')],
  };
  const server = createServer((req, res) => {
    const path = req.url ?? '';
    if (req.method === 'GET' && path in files) {
      const [type, text] = files[path]!;
      return void res.setHeader('content-type', type).setHeader('content-security-policy', policy).end(text);
    }
    if (path === '/favicon.ico') return void res.writeHead(404).end();
    if (path.startsWith('/dist/')) return sendBuilt(path, res);
    void receive(req).then(async (request) => {
      received.push(request);
      const answerer = answerers.get(path) ?? ((): Answer => ({ status: 404 }));
      send(res, await answerer(request));
    });
  });
  const origin = await listen(server);
  return {
    origin,
    received,
    receivedAt: (path) => received.filter((request) => request.path === path),
    answer: (path, answerer, times = Infinity) => {
      const usual = answerers.get(path);
      let left = times;
      answerers.set(path, async (request) => (left-- > 0 ? answerer : usual!)(request));
    },
    close: () => server.close().closeAllConnections(),
  };
}

function documentOf(body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Payout desk</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/page.css">
<main><h1>Payout desk</h1>${body}<button id="pay">Pay 2,500</button><p><output id="outcome"></output></p></main>
<script type="module" src="/page.js"></script></html>`;
}

function createBackEnd(): Record<string, Answerer> {
  const issuer = createTestIssuer();
  const guard = createGuard({
    issuers: issuer.trusted,
    replayStore: isolatedMemoryReplayStore(),
    idempotencyKey: (request: Received) => request.headers['idempotency-key'] as string | undefined,
  });
  return {
    '/otp': ({ body }) => {
      const { transaction } = JSON.parse(body) as { transaction?: { amount: number; payee: string } };
      const approving = transaction && { ...transaction, amount: String(transaction.amount), currency: 'INR' };
      return {
        status: 200,
        body: { expiresAt: Date.now() + 300_000, resendAfterSeconds: 30, approving, mobile: '******6768' },
      };
    },
    '/otp/verify': ({ body }) => {
      const { otp } = JSON.parse(body) as { otp: string };
      if (otp !== OTP) return problem(400, 'otp_wrong');
      return { status: 200, body: { otpVerificationToken: issuer.mint() } };
    },
    '/payouts': async (request) => {
      const { method, path, headers } = request;
      const body = JSON.parse(request.body) as unknown;
      const verdict = await guard.decide({ request, method, url: path, header: (name) => headers[name], body });
      if (verdict.outcome === 'refused') return verdict.refusal;
      return { status: 201, body: { paid: body } };
    },
  };
}

/** A refusal of the app's own back end. */
export function problem(status: number, code: string, headers: Record<string, string> = {}): Answer {
  return { status, headers: { 'content-type': 'application/problem+json', ...headers }, body: { status, code } };
}

async function receive(req: IncomingMessage): Promise<Received> {
  const chunks = await req.toArray();
  const { method = '', url: path = '', headers } = req;
  return { method, path, headers, body: Buffer.concat(chunks as Buffer[]).toString() };
}

function send(res: ServerResponse, { status, headers, body }: Answer): void {
  res.setHeaders(new Headers({ 'content-type': 'application/json' }));
  res.setHeaders(new Headers(headers)).writeHead(status);
  res.end(typeof body === 'string' ? body : JSON.stringify(body));
}

function sendBuilt(path: string, res: ServerResponse): void {
  const text = readFileSync(new URL(`../..${path}`, import.meta.url));
  res.setHeader('content-type', path.endsWith('.js') ? 'text/javascript' : 'application/json').end(text);
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
