import type { ServerResponse } from 'node:http';
import {
  type ConnectRequest,
  type KoaContext,
  type MountedHandler,
  otpMiddleware,
  otpMiddlewareForKoa,
} from '@verified-mobile/client/node';
import type { Issuer } from '../create-issuer.ts';
import type { Connection } from '../http/caller-address.ts';

/**
 * Serves the issuer's paths inside an Express (or Connect) app, and leaves all others to it. Mount it at the root and
 * before anything that reads bodies: what a parser made of a body is not the text that was signed. Below a path it serves
 * those of its whole paths that begin with that path, so its calls at most, and not its keys.
 *
 * @example
 * ```ts
 * app.use(issuerMiddleware(issuer));
 * ```
 */
export function issuerMiddleware(
  issuer: Issuer,
): (request: ConnectRequest, response: ServerResponse, next: (error?: unknown) => void) => void {
  return otpMiddleware(mounted(issuer, connectionOfRequest));
}

/** The same for Koa: `app.use(issuerMiddlewareForKoa(issuer))`. */
export function issuerMiddlewareForKoa(
  issuer: Issuer,
): (context: KoaContext, next: () => Promise<unknown>) => Promise<void> {
  return otpMiddlewareForKoa(mounted(issuer, connectionOfContext));
}

function connectionOfRequest({ socket, originalUrl, url }: ConnectRequest): Connection {
  return { remoteAddress: socket.remoteAddress, target: originalUrl ?? url };
}

function connectionOfContext({ req, originalUrl }: KoaContext): Connection {
  return { remoteAddress: req.socket.remoteAddress, target: originalUrl };
}

function mounted<Host>(issuer: Issuer, connectionOf: (host: Host) => Connection): MountedHandler<Host> {
  const handler = async (request: Request, host: Host): Promise<Response> => issuer.fetch(request, connectionOf(host));
  return Object.assign(handler, { owns: issuer.owns });
}
