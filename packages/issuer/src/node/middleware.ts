import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import type { Issuer } from '../create-issuer.ts';
import { connectionOf } from './connection-of.ts';

/** A request as Express and Connect hand it over: mounted below a path, the whole one is in `originalUrl`. */
type MountedRequest = IncomingMessage & { readonly originalUrl?: string };

/** What is used of Koa's context. */
export interface KoaContext {
  readonly req: IncomingMessage;
  /** The whole path and query, also inside `koa-mount`. */
  readonly originalUrl: string;
  readonly res: ServerResponse;
  respond?: boolean;
}

/**
 * Serves the issuer's paths inside an Express (or Connect) app, and leaves all others to it. Mount it at the root and
 * before anything that reads bodies: a body that was read is gone. Below a path it serves those of its whole paths that
 * begin with that path, so its calls at most, and not its keys.
 *
 * @example
 * ```ts
 * app.use(issuerMiddleware(issuer));
 * ```
 */
export function issuerMiddleware(
  issuer: Issuer,
): (request: MountedRequest, response: ServerResponse, next: (error?: unknown) => void) => void {
  const listener = listenerOf(issuer);
  return (request, response, next) => {
    const { originalUrl = request.url } = request;
    if (!issuer.owns(pathOf(originalUrl))) return next();
    listener(request, response, originalUrl).catch(next);
  };
}

/** The same for Koa: `app.use(issuerMiddlewareForKoa(issuer))`. */
export function issuerMiddlewareForKoa(
  issuer: Issuer,
): (context: KoaContext, next: () => Promise<unknown>) => Promise<void> {
  const listener = listenerOf(issuer);
  return async (context, next) => {
    const { req, res, originalUrl } = context;
    if (!issuer.owns(pathOf(originalUrl))) return void (await next());
    // Koa would otherwise write its own answer over this one.
    context.respond = false;
    await listener(req, res, originalUrl);
  };
}

type Listener = (request: IncomingMessage, response: ServerResponse, url: string | undefined) => Promise<void>;

function listenerOf(issuer: Issuer): Listener {
  const listener = getRequestListener(
    async (request, env) => issuer.fetch(request, connectionOf(env as HttpBindings)),
    { overrideGlobalObjects: false },
  );
  return async (request, response, url) => {
    // What an app cuts off the path that it mounts below: with it routes and signatures would be those of other paths.
    Object.assign(request, { url });
    return listener(request, response);
  };
}

function pathOf(target = '/'): string {
  // Joined, not resolved: resolved, the second slash of `//` begins a host, and there is none.
  const absolute = target.startsWith('/') ? `http://localhost${target}` : target;
  return URL.canParse(absolute) ? new URL(absolute).pathname : target;
}
