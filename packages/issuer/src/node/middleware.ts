import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import type { Issuer } from '../create-issuer.ts';

/** A request as Express and Connect hand it over: mounted below a path, the whole one is in `originalUrl`. */
type MountedRequest = IncomingMessage & { readonly originalUrl?: string };

/** What is used of Koa's context. */
export interface KoaContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  respond?: boolean;
}

/**
 * Serves the issuer's paths inside an Express (or Connect) app, and leaves all others to it. Mount it at the root and
 * before anything that reads bodies: a body that was read is gone.
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
    if (!issuer.owns(pathOf(request))) return next();
    listener(request, response).catch(next);
  };
}

/** The same for Koa: `app.use(issuerMiddlewareForKoa(issuer))`. */
export function issuerMiddlewareForKoa(
  issuer: Issuer,
): (context: KoaContext, next: () => Promise<unknown>) => Promise<void> {
  const listener = listenerOf(issuer);
  return async (context, next) => {
    if (!issuer.owns(pathOf(context.req))) return void (await next());
    // Koa would otherwise write its own answer over this one.
    context.respond = false;
    await listener(context.req, context.res);
  };
}

function listenerOf(issuer: Issuer): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const listener = getRequestListener(
    async (request, env) =>
      issuer.fetch(request, { remoteAddress: (env as HttpBindings).incoming.socket.remoteAddress }),
    { overrideGlobalObjects: false },
  );
  return async (request, response) => listener(request, response);
}

function pathOf({ originalUrl, url = '/' }: MountedRequest): string {
  const target = originalUrl ?? url;
  // Joined, not resolved: resolved, the second slash of `//` begins a host, and there is none.
  const absolute = target.startsWith('/') ? `http://localhost${target}` : target;
  return URL.canParse(absolute) ? new URL(absolute).pathname : target;
}
