import { requireVerifiedMobile, type VerifiedMobileHandler } from '@verified-mobile/express';
import { nodeRedis, redisReplayStore } from '@verified-mobile/redis';
import type { Request } from 'express';
import { createClient } from 'redis';

/** The guard of every service, and how to let go of its connection. */
export interface SharedGuard {
  readonly verifiedMobile: VerifiedMobileHandler;
  readonly disconnect: () => void;
}

/**
 * The one place where the guard is set up. Services that differed here, in the database, the layout or what makes an
 * operation, could each accept a token.
 */
export function createSharedGuard(redisUrl: string, service: string): SharedGuard {
  const client = createClient({ url: redisUrl, disableOfflineQueue: true, socket: { reconnectStrategy: 100 } });
  // Without a listener a lost connection would end the process; the store answers 503 until Redis is back.
  client.on('error', () => undefined);
  const verifiedMobile = requireVerifiedMobile({
    replayStore: redisReplayStore(nodeRedis(client)),
    // Part of the operation: what one service has paid, another must not answer as its own.
    service,
    idempotencyKey: (request: Request) => request.get('idempotency-key'),
    onDecision: ({ outcome, code, reason, proofId, retry }) => {
      console.log(JSON.stringify({ service, outcome, code, reason, proofId, retry }));
    },
  });
  // Only now: a connection would keep a process alive whose settings were refused.
  client.connect().catch(() => undefined);
  return { verifiedMobile, disconnect: () => client.destroy() };
}
