/** Puts a handler, or a server, on a port of this machine. */
import type { Server as HttpServer } from 'node:http';
import { type AddressInfo, isIPv6, type Server } from 'node:net';
import { promisify } from 'node:util';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import type { Connection } from './http/caller-address.ts';
import { IssuerError, misconfigured } from './lib/errors.ts';
import { refuseUnknownNames } from './lib/settings.ts';
import { closingAnswers } from './node/closing-answers.ts';

export { issuerMiddleware, issuerMiddlewareForKoa } from './node/middleware.ts';

export type FetchHandler = (request: Request, connection?: Connection) => Response | Promise<Response>;

export interface ServeOptions {
  /** 0 to 65535; 0 takes any free port. */
  readonly port: number;
  /** The address to listen on. Default every address of this machine; `127.0.0.1` keeps others out. */
  readonly hostname?: string;
  /** What the person at the terminal sets to move the port, such as `ISSUER_PORT`. Errors name it. Default `port`. */
  readonly portSetting?: string;
  /** The same for the address, such as `ISSUER_HOST`. Default `hostname`. */
  readonly hostnameSetting?: string;
}

export interface RunningServer {
  /** `http://localhost:4000` */
  readonly url: string;
  /** The port it got, also if 0 was asked for. */
  readonly port: number;
  /** From now on each answer closes its connection, so that no client reuses one that is about to end. */
  readonly drain: () => void;
  /** Takes no new requests, finishes those under way, then resolves. */
  readonly close: () => Promise<void>;
}

/**
 * Serves a handler of web-standard requests. Resolves once requests are answered.
 *
 * @throws {IssuerError} as {@link listen}
 *
 * @example
 * ```ts
 * const server = await serve(issuer.fetch, { port: 4000, portSetting: 'ISSUER_PORT' });
 * ```
 */
export async function serve(handler: FetchHandler, options: ServeOptions): Promise<RunningServer> {
  // By default it replaces the process's global Request and Response, under the feet of everything else that runs here.
  const fetch = async (request: Request, { incoming }: HttpBindings): Promise<Response> =>
    handler(request, { remoteAddress: incoming.socket.remoteAddress, target: incoming.url });
  return listen(createAdaptorServer({ fetch, overrideGlobalObjects: false } as AdaptorOptions), options);
}

/**
 * Makes any server of Node's listen, such as `createServer(expressApp)`. Resolves once it does.
 *
 * @throws {IssuerError} `invalid_configuration` for an impossible port; `cannot_listen` if the port is taken or not
 *   allowed, with the error of the system as `cause`
 */
export async function listen(server: Server, options: ServeOptions): Promise<RunningServer> {
  refuseUnknownNames('ServeOptions', options, ['port', 'hostname', 'portSetting', 'hostnameSetting']);
  const { port, hostname, portSetting = 'port' } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw misconfigured(`${portSetting} must be a whole number from 0 to 65535.`);
  }
  await new Promise<void>((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException): void => reject(cannotListen(error, { ...options, portSetting }));
    server.once('error', refuse);
    server.listen(port, hostname, () => {
      // An error of a later day must crash as loudly as it would have without this function.
      server.off('error', refuse);
      resolve();
    });
  });
  const drain = closingAnswers(server);
  const { port: actualPort } = server.address() as AddressInfo;
  return {
    url: `http://${isIPv6(hostname ?? '') ? `[${hostname}]` : (hostname ?? 'localhost')}:${actualPort}`,
    port: actualPort,
    drain,
    close: async () => closeGracefully(server),
  };
}

/** A connection that answers its last request would otherwise be kept alive for seconds, and the server with it. */
async function closeGracefully(server: Server & Partial<Pick<HttpServer, 'closeIdleConnections'>>): Promise<void> {
  const sweeper = setInterval(() => server.closeIdleConnections?.(), 50);
  try {
    await promisify(server.close.bind(server))();
  } finally {
    clearInterval(sweeper);
  }
}

type AdaptorOptions = Parameters<typeof createAdaptorServer>[0];

const NO_SUCH_ADDRESS = new Set(['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EINVAL']);

function cannotListen(
  error: NodeJS.ErrnoException,
  { port, portSetting, hostname, hostnameSetting = 'hostname' }: ServeOptions,
): IssuerError {
  const refuse = (message: string): IssuerError => new IssuerError('cannot_listen', message, { cause: error });
  const code = error.code ?? error.name;
  if (code === 'EADDRINUSE') {
    return refuse(`Port ${port} is taken by another program. Stop that program, or set ${portSetting} to a free port.`);
  }
  if (hostname !== undefined && NO_SUCH_ADDRESS.has(code)) {
    return refuse(`Cannot listen on ${hostname} (${code}). Set ${hostnameSetting} to an address of this machine.`);
  }
  return refuse(`Cannot listen on port ${port} (${code}). Set ${portSetting} to another port.`);
}
