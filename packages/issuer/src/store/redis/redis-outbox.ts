import {
  lineageScript,
  lineageScripts,
  type RedisConnection,
  type RunLineageScript,
  sendInTime,
} from '@verified-mobile/redis';
import { digest } from '../../domain/challenge.ts';
import {
  DEFAULT_MAX_QUEUED,
  MOST_HELD_AT_ONCE,
  type NotHeld,
  type Outbox,
  type OutboxEntry,
  type OutboxState,
  type Settled,
  type Settlement,
  type TakenOver,
} from '../../domain/outbox.ts';
import type { SmsReceipt } from '../../domain/sms-route.ts';
import { refuseUnknownNames, requireWhole } from '../../lib/settings.ts';
import {
  DEFAULT_KEY_PREFIX,
  DEFAULT_TIMEOUT_MS,
  requireRedisSettings,
  requireReliable,
} from './connection-settings.ts';
import * as scripts from './outbox-scripts.ts';
import { texts } from './replies.ts';

const ENQUEUE = lineageScript(scripts.ENQUEUE);
const BEGIN = lineageScript(scripts.BEGIN);
const SETTLE = lineageScript(scripts.SETTLE);
const WITHDRAW = lineageScript(scripts.WITHDRAW);
const MARK_ANSWERED = lineageScript(scripts.MARK_ANSWERED);
const LOOK_UP_RECEIPT = lineageScript(scripts.LOOK_UP_RECEIPT);
const RECEIVE = lineageScript(scripts.RECEIVE);
const BEAT = lineageScript(scripts.BEAT);
const LEAVE = lineageScript(scripts.LEAVE);
const HELD_BY = lineageScript(scripts.HELD_BY);
const TAKE_OVER = lineageScript(scripts.TAKE_OVER);

export interface RedisOutboxOptions {
  /** What every key begins with; it may be that of the OTP store. Default `{otp}`. Keep a part in braces on Redis Cluster. */
  readonly keyPrefix?: string;
  /** How long one command may take; then the send is answered with 500. Milliseconds, 1 to 60,000. Default 1,000. */
  readonly timeoutMs?: number;
  /** How many SMS may wait for a route, over all nodes; then Send answers that it could not be sent. 1 to 1,000,000, default 10,000. */
  readonly maxQueued?: number;
}

const STATE_OF: Readonly<Record<string, OutboxState>> = {
  q: 'queued',
  h: 'handing-over',
  a: 'accepted',
  u: 'unknown',
  r: 'refused',
  e: 'expired',
};

/** The names of everything in Redis. */
interface Keys {
  readonly lineage: string;
  readonly nodes: string;
  readonly message: (id: string) => string;
  readonly queued: string;
  readonly heldBy: (node: string) => string;
  readonly tid: (account: string, tid: string) => string;
  readonly messageId: (route: string, messageId: string) => string;
  readonly early: (route: string, messageId: string) => string;
}

/**
 * The outbox of several nodes, in Redis or Valkey. A node that is gone is taken over within seconds: what waited goes out, with
 * the same code, and what was being handed over is unknown and not sent again. Each verb is one script. A Redis that starts
 * anew, is restored, flushed or replaced by a replica may have forgotten that an SMS was handed over: what waited is not sent.
 *
 * @param connection as for `redisOtpStore`, and it may be the same
 * @throws {IssuerError} `invalid_configuration`
 */
export function redisOutbox(connection: RedisConnection, options: RedisOutboxOptions = {}): Outbox {
  refuseUnknownNames('redisOutbox', options, ['keyPrefix', 'timeoutMs', 'maxQueued']);
  const { keyPrefix = DEFAULT_KEY_PREFIX, timeoutMs = DEFAULT_TIMEOUT_MS, maxQueued = DEFAULT_MAX_QUEUED } = options;
  requireRedisSettings('redisOutbox', connection, { keyPrefix, timeoutMs });
  requireWhole('maxQueued', maxQueued, 1, 1_000_000);
  const send = sendInTime(connection, timeoutMs);
  const keys = keysBelow(keyPrefix);
  const run = lineageScripts(send, keys.lineage);
  return {
    scope: 'shared',
    ...messageVerbs(run, keys, maxQueued),
    ...receiptVerbs(run, keys),
    ...nodeVerbs(run, keys),
    async find(account, tid) {
      const key = keys.tid(account, tid);
      const id = (await send(key, ['GET', key])) as string | null;
      if (id === null) return undefined;
      const message = keys.message(id);
      const fields = ['s', 'a', 'q', 'e', 'r', 'h', 'd', 'm', 'o', 'x', 'y', 'z'];
      return readEntry((await send(message, ['HMGET', message, ...fields])) as (string | null)[]);
    },
    ready: async () => requireReliable(run, `${keyPrefix}oready`, 'SMS'),
  };
}

function keysBelow(keyPrefix: string): Keys {
  return {
    lineage: `${keyPrefix}olineage`,
    nodes: `${keyPrefix}onodes`,
    message: (id) => `${keyPrefix}om${id}`,
    queued: `${keyPrefix}oqueued`,
    heldBy: (node) => `${keyPrefix}oh${node}`,
    tid: (account, tid) => `${keyPrefix}ot${digest('tid', account, tid)}`,
    messageId: (route, messageId) => `${keyPrefix}or${digest('message-id', route, messageId)}`,
    early: (route, messageId) => `${keyPrefix}oe${digest('message-id', route, messageId)}`,
  };
}

type MessageVerbs = Pick<Outbox, 'enqueue' | 'begin' | 'settle' | 'withdraw' | 'markAnswered'>;

function messageVerbs(run: RunLineageScript, keys: Keys, maxQueued: number): MessageVerbs {
  const keysOf = (id: string, node: string) => [keys.message(id), keys.queued, keys.heldBy(node)] as const;
  return {
    async enqueue({ id, account, tid, expiresAt, sealed, about }, { node, route = '' }, now) {
      const args = [id, node, route, sealed, about, ...[expiresAt, now, maxQueued].map(String)];
      const outcome = String(await run(ENQUEUE, [...keysOf(id, node), keys.tid(account, tid)], args));
      return { outcome: outcome === 'full' ? outcome : 'enqueued' };
    },
    async begin(id, { node, route, attempt, tried }, now) {
      const args = [id, node, route, JSON.stringify(tried), String(now), String(attempt)];
      return { outcome: String(await run(BEGIN, keysOf(id, node), args)) as 'begun' | 'expired' | NotHeld };
    },
    async settle(id, { node, route, attempt }, settlement, now) {
      const {
        messageId = '',
        operatorCode = '',
        tried = [],
      } = settlement as Partial<Record<string, string>> & {
        tried?: readonly string[];
      };
      const receipts = [keys.messageId(route, messageId), keys.early(route, messageId)] as const;
      const said = [letterOf(settlement), String(now), messageId, operatorCode, JSON.stringify(tried)];
      const args = [id, node, route, ...said, String(attempt)];
      return readSettled(texts(await run(SETTLE, [...keysOf(id, node), ...receipts], args)));
    },
    async withdraw(id, node, now) {
      const outcome = String(await run(WITHDRAW, keysOf(id, node), [id, node, String(now)]));
      return { outcome: outcome as 'withdrawn' | 'expired' | NotHeld };
    },
    async markAnswered(id, node) {
      const outcome = String(await run(MARK_ANSWERED, keysOf(id, node), [id, node]));
      return { outcome: outcome as 'marked' | NotHeld };
    },
  };
}

function receiptVerbs(run: RunLineageScript, keys: Keys): Pick<Outbox, 'receive'> {
  return {
    async receive(route, { messageId, status, operatorCode = '' }, now) {
      const found = [keys.messageId(route, messageId), keys.early(route, messageId)] as const;
      const id = String(await run(LOOK_UP_RECEIPT, found, [status, operatorCode]));
      if (id === '') return { outcome: 'unmatched' };
      const args = [status, operatorCode, String(now)];
      const [outcome, about = ''] = texts(await run(RECEIVE, [keys.message(id)], args));
      if (outcome === 'recorded') return { outcome, about };
      return { outcome: outcome === 'repeated' ? outcome : 'unmatched' };
    },
  };
}

function nodeVerbs(run: RunLineageScript, keys: Keys): Pick<Outbox, 'beat' | 'leave' | 'heldBy' | 'takeOver'> {
  return {
    beat: async (node, leaseMs) => texts(await run(BEAT, [keys.nodes], [node, String(leaseMs)])),
    leave: async (node) => void (await run(LEAVE, [keys.nodes], [node])),
    heldBy: async (node) =>
      texts(await run(HELD_BY, [keys.nodes, keys.heldBy(node)], [node, String(MOST_HELD_AT_ONCE)])),
    async takeOver(id, { from, to }, now) {
      const held = [keys.message(id), keys.queued, keys.heldBy(from), keys.heldBy(to), keys.nodes] as const;
      return readTakenOver(id, texts(await run(TAKE_OVER, held, [id, from, to, String(now)])));
    },
  };
}

function letterOf({ state }: Settlement): string {
  return state.slice(0, 1);
}

function readSettled([outcome, status, code = '']: readonly string[]): Settled {
  if (outcome !== 'settled') return { outcome: 'lost' };
  return status === undefined ? { outcome } : { outcome, receipt: receiptOf(status, code) };
}

function receiptOf(status: string, code: string): Omit<SmsReceipt, 'messageId'> {
  return { status: status as SmsReceipt['status'], ...(code !== '' && { operatorCode: code }) };
}

function readTakenOver(id: string, [outcome, about = '', ...rest]: readonly string[]): TakenOver {
  if (outcome === 'unknown') {
    const [route = ''] = rest;
    return { outcome, about, ...(route !== '' && { route }) };
  }
  if (outcome !== 'queued' && outcome !== 'expired') return { outcome: 'lost' };
  const [sealed = '', expiresAt, tried = '[]', answered, attempts] = rest;
  const kept = {
    id,
    about,
    sealed,
    expiresAt: Number(expiresAt),
    isAnswered: answered === '1',
    attempts: Number(attempts),
  };
  return { outcome, ...kept, tried: JSON.parse(tried) as string[] };
}

function readEntry(values: readonly (string | null)[]): OutboxEntry | undefined {
  const [state, about, queuedAt, expiresAt, route, handedOverAt, endedAt, messageId, operatorCode, ...receipt] =
    values.map((value) => value ?? undefined);
  if (state === undefined || about === undefined) return undefined;
  const [status, code = '', at] = receipt;
  return {
    state: STATE_OF[state] ?? 'unknown',
    about,
    queuedAt: Number(queuedAt),
    expiresAt: Number(expiresAt),
    ...(route !== undefined && { route }),
    ...(handedOverAt !== undefined && { handedOverAt: Number(handedOverAt) }),
    ...(endedAt !== undefined && { endedAt: Number(endedAt) }),
    ...(messageId !== undefined && { messageId }),
    ...(operatorCode !== undefined && { operatorCode }),
    ...(status !== undefined && { receipt: { ...receiptOf(status, code), at: Number(at) } }),
  };
}
