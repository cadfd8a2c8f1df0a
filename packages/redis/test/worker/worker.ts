import { createGuard, hmacSecret } from '@verified-mobile/core';
import { nodeRedis, redisReplayStore } from '@verified-mobile/redis';
import { createClient } from 'redis';

/** One service process: presents every token it is given, all at once, and tells what it saw. */
export interface Job {
  readonly uses: readonly { readonly id: string; readonly token: string; readonly operation: string }[];
}

const { REDIS_URL: url = '', SECRET = '', LAYOUT = 'plain', PROCESS: name = '' } = process.env;

const client = createClient({ url, disableOfflineQueue: true, socket: { reconnectStrategy: 20 } });
client.on('error', () => undefined);
await client.connect();

const guard = createGuard<{ token: string; operation: string }>({
  issuers: {
    issuer: 'https://otp.test',
    audience: 'payouts',
    keys: hmacSecret(Buffer.from(SECRET, 'base64'), 'HS256'),
  },
  replayStore: redisReplayStore(nodeRedis(client), {
    layout: LAYOUT === 'compact' ? 'compact' : 'plain',
    // Eight processes share two cores with the server they race on.
    timeoutMs: 10_000,
  }),
  token: (request) => request.token,
  service: 'payouts',
  idempotencyKey: (request) => request.operation,
  storeTimeoutMs: 20_000,
});

const clock = (): number => Number(process.hrtime.bigint() / 1000n) / 1000;

process.on('message', ({ uses }: Job) => {
  void Promise.all(
    uses.map(async ({ id, token, operation }) => {
      const start = clock();
      const verdict = await guard.decide({ request: { token, operation } });
      const end = clock();
      const seen = { id, operation, process: name, start, end };
      if (verdict.outcome === 'passed') return { ...seen, outcome: 'accepted', retry: verdict.proof.retry };
      const isKnown = verdict.outcome === 'refused' && verdict.refusal.status !== 503;
      return { ...seen, outcome: isKnown ? 'refused' : 'unknown' };
    }),
  ).then((history) => process.send?.(history));
});
process.send?.('ready');
