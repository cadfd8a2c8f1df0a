import * as redis from '@verified-mobile/redis';
import { ioredis, ioredisCluster, nodeRedis, nodeRedisCluster, redisReplayStore } from '@verified-mobile/redis';
import { describe, expect, it } from 'vitest';

const later = async (): Promise<undefined> => Promise.resolve(undefined);
const nodeClient = {
  options: { disableOfflineQueue: true },
  isReady: true,
  sendCommand: later,
  connect: later,
  destroy: () => undefined,
  close: later,
};
const GOOD = { enableOfflineQueue: false, autoResendUnfulfilledCommands: false };
const ioredisClient = (options: object) => ({
  options: { ...GOOD, ...options },
  call: later,
  disconnect: () => undefined,
  quit: later,
});
const ioredisNodes = (options: object, redisOptions: object) => ({
  options: { enableOfflineQueue: false, ...options, redisOptions: { ...GOOD, ...redisOptions } },
  call: later,
  quit: later,
  nodes: () => [],
});

describe('a client that would use tokens up behind its request', () => {
  it.each([
    ['queues, npm redis', () => nodeRedis({ ...nodeClient, options: {} }), /disableOfflineQueue: true/],
    ['queues, ioredis', () => ioredis(ioredisClient({ enableOfflineQueue: true })), /enableOfflineQueue: false/],
    [
      'resends, ioredis',
      () => ioredis(ioredisClient({ autoResendUnfulfilledCommands: true })),
      /autoResendUnfulfilledCommands: false/,
    ],
    ['has keys of its own', () => ioredis(ioredisClient({ keyPrefix: 'a:' })), /without keyPrefix/],
    ['queues, cluster', () => ioredisCluster(ioredisNodes({ enableOfflineQueue: true }, {})), /enableOfflineQueue/],
    ['has keys of its own, cluster', () => ioredisCluster(ioredisNodes({ keyPrefix: 'a:' }, {})), /without keyPrefix/],
    [
      'resends, cluster',
      () => ioredisCluster(ioredisNodes({}, { autoResendUnfulfilledCommands: true })),
      /autoResendUnfulfilledCommands/,
    ],
  ])('is refused: %s', (_name, wrap, remedy) => {
    expect(wrap).toThrow(remedy);
  });

  it('is not one that follows the documentation', () => {
    expect(nodeRedis(nodeClient).topology).toBe('single');
    expect(ioredis(ioredisClient({})).topology).toBe('single');
    expect(ioredisCluster(ioredisNodes({}, {})).topology).toBe('cluster');
    expect(nodeRedisCluster({ masters: [], sendCommand: later, close: later }).topology).toBe('cluster');
  });
});

describe('redisReplayStore()', () => {
  it('refuses a bare client, and names what to wrap it in', () => {
    expect(() => redisReplayStore(nodeClient as never)).toThrow(/nodeRedis\(client\), ioredis\(client\)/);
    expect(() => ioredis(nodeClient as never)).toThrow(/take the one of your client/);
    expect(() => nodeRedisCluster(nodeClient as never)).toThrow(/createCluster/);
  });

  it.each([
    [{ timeoutMs: 0 }, /timeoutMs must be a whole number from 1/],
    [{ issuerClockToleranceSeconds: 61 }, /from 0 to 60/],
    [{ failuresToOpen: 1.5 }, /failuresToOpen/],
    [{ layout: 'dense' }, /'plain' or 'compact'/],
    [{ ttl: 300 }, /has no option ttl/],
    [{ acknowledgement: { connection: nodeRedis(nodeClient), replicas: 0 } }, /acknowledgement.replicas/],
  ])('refuses %o', (options, message) => {
    expect(() => redisReplayStore(nodeRedis(nodeClient), options as never)).toThrow(message);
  });

  it('takes 0 for 0', () => {
    expect(redisReplayStore(nodeRedis(nodeClient), { issuerClockToleranceSeconds: 0 }).scope).toBe('shared');
  });
});

it('exports these names, and no others', () => {
  expect(Object.keys(redis).toSorted()).toEqual([
    'ioredis',
    'ioredisCluster',
    'lineageScript',
    'lineageScripts',
    'nodeRedis',
    'nodeRedisCluster',
    'redisReplayStore',
    'sendInTime',
  ]);
});
