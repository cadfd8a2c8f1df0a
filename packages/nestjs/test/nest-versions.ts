import 'reflect-metadata';
import type * as adapter from '@verified-mobile/nestjs';
import { vi } from 'vitest';
import * as nest12 from './nest-12/nest.ts';
import * as nest11 from './nest-11/nest.ts';

type Nest = typeof nest12;

/** One version of Nest, on one platform, with a copy of this package that stands on it. */
export interface NestVersion {
  readonly name: string;
  readonly nest: Nest;
  readonly adapter: typeof adapter;
  readonly createPlatform: () => InstanceType<Nest['ExpressAdapter']> | InstanceType<Nest['FastifyAdapter']>;
}

async function load(version: string, nest: Nest): Promise<NestVersion[]> {
  vi.resetModules();
  vi.doMock('@nestjs/common', () => nest.common);
  vi.doMock('@nestjs/common/constants.js', () => nest.constants);
  vi.doMock('@nestjs/core', () => nest.core);
  const copy = await import('@verified-mobile/nestjs');
  for (const name of ['@nestjs/common', '@nestjs/common/constants.js', '@nestjs/core']) vi.doUnmock(name);
  vi.resetModules();
  const on = (platform: string, createPlatform: NestVersion['createPlatform']): NestVersion => {
    return { name: `Nest ${version} on ${platform}`, nest, adapter: copy, createPlatform };
  };
  return [on('Express', () => new nest.ExpressAdapter()), on('Fastify', () => new nest.FastifyAdapter())];
}

export const NEST_VERSIONS: readonly NestVersion[] = [
  ...(await load('12', nest12)),
  // Typed as 12, which the tests speak: what differs between the two is not in use here.
  ...(await load('11', nest11 as unknown as Nest)),
];
