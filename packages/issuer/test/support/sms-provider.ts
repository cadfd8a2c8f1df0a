import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { SmsMessage } from '@verified-mobile/issuer';
import type { HttpSmsOptions } from '@verified-mobile/issuer/http-sms';
import { onTestFinished } from 'vitest';
import { LOOPBACK_CERTIFICATE } from './loopback-certificate.ts';

/** What a provider was asked, to the byte. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Answer = (response: ServerResponse, request: SeenRequest, socket: Socket) => void;

export interface SmsProvider {
  readonly url: string;
  /** Every request, in the order in which they came. */
  readonly requests: readonly SeenRequest[];
  /** How many connections were made. */
  readonly connections: () => number;
  /** From now on requests are answered so. */
  readonly answerWith: (answer: Answer) => void;
  /** Closes the connections without a request, as servers do that restart. */
  readonly closeIdle: () => void;
  /** From now on takes no new connection. */
  readonly stopListening: () => void;
}

/** A provider of SMS on the loopback interface, until the test ends. */
export async function startProvider(answer: Answer, { tls = false } = {}): Promise<SmsProvider> {
  const requests: SeenRequest[] = [];
  let [current, connections] = [answer, 0];
  const listener = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const seen = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body };
    requests.push(seen);
    current(response, seen, request.socket);
  };
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    listener(request, response).catch(() => response.destroy());
  };
  const server = tls ? createTlsServer(LOOPBACK_CERTIFICATE, serve) : createServer(serve);
  server.keepAliveTimeout = 0;
  server.on('connection', () => (connections += 1));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    const closed = once(server, 'close');
    const isListening = server.listening;
    server.close();
    server.closeAllConnections();
    if (isListening) await closed;
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}/send`,
    requests,
    connections: () => connections,
    answerWith: (next) => void (current = next),
    closeIdle: () => server.closeIdleConnections(),
    stopListening: () => void server.close(),
  };
}

export function answerJson(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
}

export function answerText(status: number, body: string, headers: Record<string, string> = {}): Answer {
  return (response) => void response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(body);
}

export const NOW = 1_779_444_000_000;

export const SMS: SmsMessage = {
  to: '+919002336768',
  text: '134021 is the OTP to verify your mobile number.\n- Example Shop',
  account: 'shop',
  purpose: 'mobile-verification',
  template: '{#var#} is the OTP to verify your mobile number.\n- Example Shop',
  dlt: {
    entityId: '1201160000000012345',
    header: 'EXSHOP',
    headerId: '1205160000000012345',
    templateId: '1207160000000012345',
    category: 'service-implicit',
  },
  challengeId: 'challenge-1',
  expiresAt: NOW + 300_000,
};

/** Options that read `{ "state": "queued", "id": "…" }` and errors `{ "error": { "code": "…" } }`. */
export function optionsFor(url: string, more: Partial<HttpSmsOptions> | { json: undefined } = {}): HttpSmsOptions {
  const options = {
    name: 'example',
    url,
    json: { to: '{{to}}', text: '{{text}}' },
    accepted: { path: 'state', oneOf: ['queued'] },
    messageId: 'id',
    refused: { code: 'error.code', throttled: ['slow'], unavailable: ['broke'], unknown: ['perhaps'] },
    variables: {},
    clock: () => NOW,
    ...more,
  };
  // Without a body, if a test takes another form.
  return options as HttpSmsOptions;
}
