import { type ReplayStore, validateToken } from '@verified-mobile/core';
import { isolatedMemoryReplayStore, type TestIssuer } from '@verified-mobile/core/testing';
import { nodeRedis, redisReplayStore } from '@verified-mobile/redis';
import { connectNodeRedis } from '../clients.ts';
import { type Gate, guardGate } from './gate.ts';
import type { OpenGate } from './scenarios.ts';

type Client = Awaited<ReturnType<typeof connectNodeRedis>>;

interface Use {
  readonly token: string;
  readonly tokenId: string;
  readonly expiresAt: number;
  readonly operation: string;
}

/** What held the id before; `null` where this use was the first. */
type Consume = (client: Client, use: Use) => Promise<string | null>;

const setOnce: Consume = async (client, { tokenId, operation }) =>
  client.set(tokenId, operation, { condition: 'NX', GET: true, expiration: { type: 'PX', value: 480_000 } });

/** A guard as it is often written by hand: validate the token, then ask Redis. */
function handWritten(consume: Consume, release = false): OpenGate {
  return async (issuer, port) => {
    const client = await connectNodeRedis(port);
    const present = async (token: string, operation: string) => {
      const verdict = await validateToken(token, issuer.trusted);
      if (verdict.outcome === 'refused') return { passed: false, retry: false };
      const { tokenId, expiresAt } = verdict.token;
      const held = await consume(client, { token, tokenId, expiresAt, operation });
      return { passed: held === null || held === operation, retry: held === operation };
    };
    return {
      present: async (token, operation) => orUnavailable(present(token, operation)),
      handlerFailed: async (token) => {
        const verdict = await validateToken(token, issuer.trusted);
        if (release && verdict.outcome === 'valid') await client.del(verdict.token.tokenId);
      },
      close: async () => client.destroy(),
    };
  };
}

async function orUnavailable<Answer>(work: Promise<Answer>): Promise<Answer | 'unavailable'> {
  const late = new Promise<'unavailable'>((resolve) => void setTimeout(resolve, 1_000, 'unavailable').unref());
  return Promise.race([work.catch((): 'unavailable' => 'unavailable'), late]);
}

async function openStore(port: number): Promise<ReplayStore> {
  return redisReplayStore(nodeRedis(await connectNodeRedis(port)));
}

async function failOpen(issuer: TestIssuer, port: number): Promise<Gate> {
  const gate = guardGate(issuer, await openStore(port));
  const present: Gate['present'] = async (token, operation) => {
    const answer = await gate.present(token, operation);
    return answer === 'unavailable' ? { passed: true, retry: false } : answer;
  };
  return { ...gate, present };
}

async function memoryFallback(issuer: TestIssuer, port: number): Promise<Gate> {
  const store = await openStore(port);
  const memory = isolatedMemoryReplayStore();
  return guardGate(issuer, {
    scope: 'shared',
    consume: async (use, options) => store.consume(use, options).catch(async () => memory.consume(use, options)),
    close: async () => store.close?.(),
  });
}

interface Mutant {
  /** The scenario that must refuse it, whatever else does. */
  readonly fault: string;
  readonly openGate: OpenGate;
}

/** Each one is what somebody has written in earnest. The suite must refuse them all. */
export const MUTANTS: Readonly<Record<string, Mutant>> = {
  'EXISTS + SETEX': {
    fault: 'race',
    openGate: handWritten(async (client, { tokenId, operation }) => {
      if (await client.exists(tokenId)) return client.get(tokenId);
      await client.setEx(tokenId, 480, operation);
      return null;
    }),
  },
  'find + save': {
    fault: 'race',
    openGate: handWritten(async (client, { tokenId, operation }) => {
      const found = await client.hGetAll(tokenId);
      if (found['operation'] !== undefined) return found['operation'];
      await client.hSet(tokenId, { operation, savedAt: Date.now() });
      return null;
    }),
  },
  'relative TTL': {
    fault: 'tolerance',
    openGate: handWritten(async (client, { tokenId, operation, expiresAt }) => {
      const value = Math.max(1, expiresAt - Date.now());
      return client.set(tokenId, operation, { condition: 'NX', GET: true, expiration: { type: 'PX', value } });
    }),
  },
  'raw token as key': {
    fault: 'other spelling',
    openGate: handWritten(async (client, use) => setOnce(client, { ...use, tokenId: use.token })),
  },
  'no owner (SET NX)': {
    fault: 'handler failed',
    openGate: handWritten(async (client, { tokenId }) =>
      (await client.set(tokenId, '1', { condition: 'NX', expiration: { type: 'PX', value: 480_000 } })) === 'OK'
        ? null
        : 'somebody',
    ),
  },
  'no fence': { fault: 'FLUSHALL', openGate: handWritten(setOnce) },
  'fail-open on error': { fault: 'reply lost', openGate: failOpen },
  'memory fall-back': { fault: 'paused', openGate: memoryFallback },
  'release on error': { fault: 'handler failed', openGate: handWritten(setOnce, true) },
};
