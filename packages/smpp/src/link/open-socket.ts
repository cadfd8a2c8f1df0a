import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** Of a `ssmpp://` URL. The certificate is always verified. */
  readonly tls: ConnectionOptions | undefined;
}

/** Begins to connect. An error listener is there from the first moment: an error without one ends the process. */
export function openSocket({ host, port, tls }: Endpoint): Socket {
  const socket = tls === undefined ? connect({ host, port }) : connectTls({ ...tls, host, port });
  socket.on('error', () => undefined);
  return socket.setNoDelay(true);
}

/**
 * Resolves once bytes may be sent, with TLS once the certificate is verified; rejects if that is not so in time.
 *
 * @throws {Error} with the `code` of Node, such as `ECONNREFUSED`
 */
export async function connected(socket: Socket, { tls }: Endpoint, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error?: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(error ?? Object.assign(new Error('closed while connecting'), { code: 'ECONNRESET' }));
    };
    const timer = setTimeout(() => {
      fail(Object.assign(new Error('no connection in time'), { code: 'ETIMEDOUT' }));
    }, timeoutMs);
    socket.once('error', fail).once('close', () => fail());
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve();
    });
  });
}
