import type { TestAlgorithm } from '@verified-mobile/core/testing';

export type Framework = 'Express' | 'Koa' | 'Fastify' | 'Hono';

/** One way to guard the route. */
export interface Contender {
  readonly framework: Framework;
  readonly name: string;
  /** Those that it supports. */
  readonly algorithms: readonly TestAlgorithm[];
}

const ALL: readonly TestAlgorithm[] = ['RS256', 'ES256', 'EdDSA', 'HS256'];
const WITHOUT_EDDSA: readonly TestAlgorithm[] = ['RS256', 'ES256', 'HS256'];

export const BARE = 'bare route';
export const SIGNATURE = 'signature check';
export const BY_HAND = 'jose + lru-cache by hand';
export const OURS = 'verified-mobile';

const common = (framework: Framework): Contender[] =>
  [BARE, SIGNATURE, OURS, BY_HAND].map((name) => ({ framework, name, algorithms: ALL }));

export const CONTENDERS: readonly Contender[] = [
  ...common('Express'),
  { framework: 'Express', name: 'express-jwt', algorithms: WITHOUT_EDDSA },
  { framework: 'Express', name: 'express-oauth2-jwt-bearer', algorithms: ['RS256', 'ES256'] },
  ...common('Koa'),
  { framework: 'Koa', name: 'koa-jwt', algorithms: WITHOUT_EDDSA },
  ...common('Fastify'),
  { framework: 'Fastify', name: '@fastify/jwt', algorithms: ALL },
  ...common('Hono'),
  { framework: 'Hono', name: 'hono/jwt', algorithms: ALL },
];
