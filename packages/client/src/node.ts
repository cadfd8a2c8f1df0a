/** Mounts a web-standard handler, such as `otpHandler()`, in apps that speak Node's own requests: Express, Koa, Fastify. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TLSSocket } from 'node:tls';
import { misconfigured } from './errors.ts';

/** A handler that knows which paths are its own. It may look at the host's own request, which it is handed besides. */
export interface MountedHandler<Host> {
  (request: Request, host: Host): Promise<Response>;
  readonly owns: (path: string) => boolean;
}

/** What is used of a request of Express or Connect. */
export interface ConnectRequest extends IncomingMessage {
  /** Below a mount point the whole path is here. */
  readonly originalUrl?: string;
  readonly body?: unknown;
}

/** What is used of Koa's context. */
export interface KoaContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** The whole path and query, also inside `koa-mount`. */
  readonly originalUrl: string;
  readonly request: object;
  status: number;
  body: unknown;
}

/** What is used of a request of Fastify. */
export interface FastifyRequest {
  readonly raw: IncomingMessage;
  readonly body: unknown;
}

/**
 * Serves the handler's paths inside an Express (or Connect) app, and leaves all others to it. What the handler throws
 * goes to `next`. Body parsers may stand before it or not.
 *
 * @example
 * ```ts
 * app.use(otpMiddleware(handler));
 * ```
 */
export function otpMiddleware<Host extends ConnectRequest>(
  handler: MountedHandler<Host>,
): (request: Host, response: ServerResponse, next: (error?: unknown) => void) => void {
  return (request, response, next) => {
    const target = request.originalUrl ?? request.url;
    if (!handler.owns(pathOf(target))) return next();
    const answer = async (): Promise<void> =>
      send(await handler(webRequest(request, target, request.body), request), response);
    answer().catch(next);
  };
}

/** The same for Koa: `app.use(otpMiddlewareForKoa(handler))`. What the handler throws, Koa's error handling gets. */
export function otpMiddlewareForKoa<Host extends KoaContext>(
  handler: MountedHandler<Host>,
): (context: Host, next: () => Promise<unknown>) => Promise<void> {
  return async (context, next) => {
    const { req, res, originalUrl } = context;
    if (!handler.owns(pathOf(originalUrl))) return void (await next());
    const { body: parsed } = context.request as { body?: unknown };
    const { status, headers, body } = await handler(webRequest(req, originalUrl, parsed), context);
    res.setHeaders(headers);
    // The status first, and no null for a body: Koa would make 204 of it.
    context.status = status;
    context.body = body === null ? '' : Readable.fromWeb(body);
  };
}

/** A route of Fastify, which sends the `Response` by itself: `app.all('/otp*', otpRouteForFastify(handler))`. */
export function otpRouteForFastify<Host extends FastifyRequest>(
  handler: MountedHandler<Host>,
): (request: Host) => Promise<Response> {
  return async (request) => handler(webRequest(request.raw, request.raw.url, request.body), request);
}

function pathOf(target = '/'): string {
  // Joined, not resolved: resolved, the second slash of `//` begins a host, and there is none.
  const absolute = target.startsWith('/') ? `http://localhost${target}` : target;
  return URL.canParse(absolute) ? new URL(absolute).pathname : target;
}

function webRequest(request: IncomingMessage, target = '/', parsed: unknown): Request {
  const { method = 'GET', rawHeaders, headers, socket } = request;
  const scheme = (socket as Partial<TLSSocket>).encrypted === true ? 'https' : 'http';
  const url = target.startsWith('/') ? `${scheme}://${hostOf(headers.host)}${target}` : target;
  const lines = rawHeaders.flatMap((name, at): [string, string][] =>
    // HTTP/2 has method and path among its headers, with a colon before their names.
    at % 2 === 0 && !name.startsWith(':') ? [[name, rawHeaders[at + 1] ?? '']] : [],
  );
  const body = ['GET', 'HEAD'].includes(method) ? null : bodyOf(request, parsed);
  return new Request(url, { method, headers: lines, body, duplex: 'half' });
}

/** A caller may write anything into this header: a path, a password, or what is no host at all. */
function hostOf(header = ''): string {
  return (URL.canParse(`http://${header}`) && new URL(`http://${header}`).host) || 'localhost';
}

function bodyOf(request: IncomingMessage, parsed: unknown): NonNullable<RequestInit['body']> {
  if (!request.readableDidRead) return request;
  if (typeof parsed === 'string' || parsed instanceof Uint8Array) return parsed;
  if (parsed !== undefined) return JSON.stringify(parsed);
  throw misconfigured(
    'The body was read before the handler, and request.body does not have it. Mount the handler before what reads it, or ' +
      'use a parser that keeps it, such as express.json() or koa-bodyparser.',
  );
}

async function send({ status, headers, body }: Response, response: ServerResponse): Promise<void> {
  response.statusCode = status;
  response.setHeaders(headers);
  if (body === null) return void response.end();
  // The head is sent, and the connection ended: the error handling of the app has nothing left to answer.
  await pipeline(Readable.fromWeb(body), response).catch(() => {});
}
