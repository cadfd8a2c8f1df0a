import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:net';

/** Returns what starts it: `connection: close` on every answer of an HTTP server, those under way included. */
export function closingAnswers(server: Server): () => void {
  const underWay = new Set<ServerResponse>();
  let isClosing = false;
  server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => {
    if (isClosing) response.setHeader('connection', 'close');
    underWay.add(response);
    response.once('close', () => underWay.delete(response));
  });
  return () => {
    isClosing = true;
    for (const response of underWay) if (!response.headersSent) response.setHeader('connection', 'close');
  };
}
