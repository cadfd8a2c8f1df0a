/** A node of an issuer in a process of its own, for tests that kill it. It tells what it does, and does what it is told. */
import { randomInt } from 'node:crypto';
import { signedHeaders } from '@verified-mobile/client';
import { createIssuer, generateSigningKey, type SmsResult, type SmsRoute } from '@verified-mobile/issuer';
import { nodeRedis, redisOtpStore, redisOutbox } from '@verified-mobile/issuer/redis';
import { createClient } from 'redis';

export interface Job {
  /** To so many mobiles, one after the other; each is answered. */
  readonly sends?: number;
  readonly usage?: boolean;
}

export interface Told {
  readonly ready?: boolean;
  /** The code of an SMS that was handed over. */
  readonly handed?: string;
  readonly event?: string;
  readonly outcome?: string;
  readonly reason?: string | undefined;
  readonly route?: string | undefined;
  readonly challengeId?: string | undefined;
  readonly answer?: { readonly status: number; readonly data: { readonly sent?: number } };
}

const { REDIS_URL: url = '', ROUTES = '{}', SMS_TIMEOUT_MS = '1000' } = process.env;
const ACCOUNT = { developerKey: 'shop-developer-key', accessKey: 'shop-access-key-1', initiatorId: '1234567891' };
const MANY = { perMinute: 1_000_000, perHour: 1_000_000, perDay: 1_000_000 };
const CALLS = 'https://otp.test/ekoapi/v3';

const tell = (told: Told): void => void process.send?.(told);

const routes = Object.entries(JSON.parse(ROUTES) as Record<string, SmsResult | 'hang'>).map(
  ([name, result]): SmsRoute => ({
    name,
    async send({ text, challengeId }) {
      tell({ handed: text.slice(0, 6), route: name, challengeId });
      return result === 'hang' ? new Promise(() => {}) : result;
    },
  }),
);

const client = createClient({ url, disableOfflineQueue: true });
client.on('error', () => undefined);
await client.connect();
const redis = nodeRedis(client);
const issuer = createIssuer({
  issuer: 'https://otp.test',
  accounts: [
    {
      id: 'shop',
      developerKey: ACCOUNT.developerKey,
      accessKeys: [ACCOUNT.accessKey],
      initiatorId: ACCOUNT.initiatorId,
      audience: 'payouts',
      senderSignature: 'Test Shop',
      quotas: { account: MANY, agent: MANY },
    },
  ],
  signingKeys: [generateSigningKey()],
  peppers: [Buffer.alloc(32, 'pepper')],
  routes,
  smsTimeoutMs: Number(SMS_TIMEOUT_MS),
  store: redisOtpStore(redis, { timeoutMs: 30_000 }),
  outbox: redisOutbox(redis, { timeoutMs: 30_000 }),
  onEvent: ({ kind, outcome, reason, route, challengeId }) =>
    tell({ event: kind, outcome, reason, route, challengeId }),
  onFault: () => {},
});

async function call(path: string, body?: object): Promise<void> {
  const headers = { ...signedHeaders(ACCOUNT), 'content-type': 'application/json' };
  const init = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) };
  const response = await issuer.fetch(new Request(CALLS + path, init));
  tell({ answer: (await response.json()) as NonNullable<Told['answer']> });
}

async function send(): Promise<void> {
  const mobile = String(randomInt(6e9, 1e10));
  await call('/tools/kyc/mobile/otp', { initiator_id: ACCOUNT.initiatorId, csp_id: '9002336768', mobile });
}

process.on('message', ({ sends = 0, usage = false }: Job) => {
  for (let sent = 0; sent < sends; sent += 1) void send();
  if (usage) void call(`/usage?initiator_id=${ACCOUNT.initiatorId}`);
});
process.once('disconnect', () => process.exit());
tell({ ready: true });
