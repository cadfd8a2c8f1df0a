import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between a client and a server on the loopback interface, and loses what it is told to lose. */
export interface TcpProxy {
  readonly port: number;
  /** From now on replies are lost: the server does what it is asked, and its answer never arrives. */
  loseReplies(): void;
  /** From now on new connections lead to this port, and the old ones are broken: an address that moves in a failover. */
  leadTo(port: number): void;
  /** The same, and the old connections stay: an address that moves while the old server lives on. */
  leadNewTo(port: number): void;
  /** From now on nothing goes through the connections that are there, and none is broken: a host that vanished. New ones work. */
  hang(): void;
  /** Breaks all connections, and lets replies through on new ones. */
  reset(): void;
  stop(): Promise<void>;
}

export async function startTcpProxy(serverPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const hanging = new WeakSet<Socket>();
  let losing = false;
  let target = serverPort;
  const proxy = createServer((client) => {
    const server = connect(target, '127.0.0.1');
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (chunk) => {
      if (!hanging.has(client)) server.write(chunk);
    });
    server.on('data', (chunk) => {
      if (!losing && !hanging.has(server)) client.write(chunk);
    });
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const reset = (): void => sockets.forEach((socket) => socket.destroy());
  return {
    port: (proxy.address() as AddressInfo).port,
    loseReplies: () => void (losing = true),
    leadTo: (port) => {
      target = port;
      reset();
    },
    leadNewTo: (port) => void (target = port),
    hang: () => sockets.forEach((socket) => hanging.add(socket)),
    reset: () => {
      losing = false;
      reset();
    },
    stop: async () => {
      reset();
      if (!proxy.listening) return;
      proxy.close();
      await once(proxy, 'close');
    },
  };
}
