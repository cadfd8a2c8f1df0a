import { type Agent, type ClientRequest, type IncomingMessage, request as requestByHttp } from 'node:http';
import { request as requestByHttps } from 'node:https';
import type { Socket } from 'node:net';
import { readBody } from './read-body.ts';
import type { OutgoingRequest } from './request.ts';

/** What became of one request. */
export type Exchange =
  | {
      readonly outcome: 'answered';
      readonly status: number;
      readonly headers: IncomingMessage['headers'];
      /** `undefined` if it is larger than 64 KiB. */
      readonly body: string | undefined;
    }
  /** Not one byte of the request has left. */
  | ({ readonly outcome: 'unsent' } & Failure)
  /** Some may have left, and no whole answer came. */
  | ({ readonly outcome: 'lost' } & Failure);

interface Failure {
  readonly cause: string;
  /** It was to go over a connection that had been used before. */
  readonly isKeptConnection: boolean;
}

export interface ExchangeOptions {
  /** Keeps connections; `false` makes one for this request alone. */
  readonly agent: Agent | false;
  readonly ca: string | undefined;
  readonly connectTimeoutMs: number;
  /** Gives up, whatever it waits for. */
  readonly signal: AbortSignal;
}

/**
 * Sends one request, and tells whether the other end can have seen any of it. Node writes nothing before `end()`, and
 * `end()` waits for the connection: whatever fails before that call has certainly not been sent.
 */
export async function exchange(outgoing: OutgoingRequest, options: ExchangeOptions): Promise<Exchange> {
  const request = open(outgoing, options);
  let isSent = false;
  return new Promise<Exchange>((resolve) => {
    const end = (result: Exchange): void => {
      clearTimeout(connecting);
      options.signal.removeEventListener('abort', onAbort);
      resolve(result);
    };
    const fail = (cause: string): void => {
      // First: once the request is destroyed, its error would be the cause.
      end({ outcome: isSent ? 'lost' : 'unsent', cause, isKeptConnection: request.reusedSocket });
      request.destroy();
    };
    const onAbort = (): void => fail('no answer in time');
    const connecting = setTimeout(() => fail('no connection in time'), options.connectTimeoutMs);
    options.signal.addEventListener('abort', onAbort);
    request.on('error', (error) => fail(codeOf(error)));
    request.on('response', (response) => {
      readBody(response).then(
        (body) => end({ outcome: 'answered', status: response.statusCode ?? 0, headers: response.headers, body }),
        (error: unknown) => fail(codeOf(error)),
      );
    });
    request.on('socket', (socket) => {
      whenOpen(socket, request, outgoing.url.protocol === 'https:', () => {
        if (request.destroyed) return;
        clearTimeout(connecting);
        isSent = true;
        request.end(outgoing.body);
      });
    });
    if (options.signal.aborted) onAbort();
  });
}

function open({ method, url, headers, body }: OutgoingRequest, { agent, ca }: ExchangeOptions): ClientRequest {
  const length = method === 'GET' ? {} : { 'content-length': String(body?.byteLength ?? 0) };
  const common = { method, agent, headers: { ...headers, ...length } };
  if (url.protocol === 'http:') return requestByHttp(url, common);
  return requestByHttps(url, { ...common, ...(ca !== undefined && { ca }) });
}

/**
 * A kept connection that the server has closed meanwhile is known to be closed once the event loop has read from it: two
 * turns later, as the first may already be past reading.
 */
function whenOpen(socket: Socket, request: ClientRequest, isTls: boolean, then: () => void): void {
  if (request.reusedSocket) setImmediate(() => setImmediate(then));
  else socket.once(isTls ? 'secureConnect' : 'connect', then);
}

/** In a word, without the error's message: that may repeat what was sent. */
function codeOf(error: unknown): string {
  const { code, name } = Object(error) as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'an error';
}
