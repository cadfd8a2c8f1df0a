import { expect, it } from 'vitest';
import * as issuer from '@verified-mobile/issuer';
import * as ledger from '@verified-mobile/issuer/ledger';
import * as metrics from '@verified-mobile/issuer/metrics';
import * as node from '@verified-mobile/issuer/node';
import * as redis from '@verified-mobile/issuer/redis';
import * as sandbox from '@verified-mobile/issuer/sandbox';
import * as testing from '@verified-mobile/issuer/testing';

it('exports these names and no others', () => {
  expect(Object.keys(issuer).toSorted()).toEqual([
    'IssuerError',
    'createIssuer',
    'generateSigningKey',
    'memoryOtpStore',
  ]);
  expect(Object.keys(metrics)).toEqual(['createMetrics']);
  expect(Object.keys(redis).toSorted()).toEqual([
    'ioredis',
    'ioredisCluster',
    'nodeRedis',
    'nodeRedisCluster',
    'redisOtpStore',
  ]);
  expect(Object.keys(ledger).toSorted()).toEqual([
    'openFileLedger',
    'postgresLedger',
    'verifyLedger',
    'verifyPostgresLedger',
  ]);
  expect(Object.keys(sandbox).toSorted()).toEqual(['SANDBOX_CREDENTIALS', 'createSandbox']);
  expect(Object.keys(testing)).toEqual(['describeOtpStore']);
  expect(Object.keys(node).toSorted()).toEqual(['issuerMiddleware', 'issuerMiddlewareForKoa', 'listen', 'serve']);
});
