import type { IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { Connection } from '../http/caller-address.ts';

export function connectionOf({ incoming }: Pick<HttpBindings, 'incoming'>): Connection {
  const { socket, url }: Pick<IncomingMessage, 'socket' | 'url'> = incoming;
  return { remoteAddress: socket.remoteAddress, target: url };
}
