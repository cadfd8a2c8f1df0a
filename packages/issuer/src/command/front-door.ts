import { HEALTH_PATH } from '../http/paths.ts';
import type { FetchHandler } from '../node.ts';

/** Answers before there is anything behind it: the process is up, and not ready. */
export interface FrontDoor {
  readonly fetch: FetchHandler;
  /** From now on requests go to this handler. */
  readonly open: (handler: FetchHandler) => void;
}

export function createFrontDoor(): FrontDoor {
  let inside: FetchHandler = answerOutside;
  return {
    fetch: async (request, connection) => inside(request, connection),
    open: (handler) => void (inside = handler),
  };
}

function answerOutside(request: Request): Response {
  if (new URL(request.url).pathname === HEALTH_PATH) return Response.json({ status: 'ok' });
  return Response.json({ status: 'unavailable' }, { status: 503, headers: { 'retry-after': '1' } });
}
