import type { RequestListener } from 'node:http';
import type { INestApplication, ModuleMetadata, Type } from '@nestjs/common';
import type { GuardOptions } from '@verified-mobile/core';
import {
  createTestIssuer,
  isolatedMemoryReplayStore,
  type TestAnswer,
  type TestIssuer,
  type TestService,
} from '@verified-mobile/core/testing';
import { supertestService } from '@verified-mobile/test-support/supertest-service';
import type { FastifyInstance } from 'fastify';
import type { NestVersion } from './nest-versions.ts';

type Prepare = (app: INestApplication) => void;

/** An application that has started, but for the port. */
export async function startApplication(
  { nest, createPlatform }: NestVersion,
  metadata: ModuleMetadata,
  prepare: Prepare = () => undefined,
): Promise<INestApplication> {
  class RootModule {}
  nest.common.Module(metadata)(RootModule);
  const app = await nest.core.NestFactory.create(RootModule, createPlatform(), { logger: false, abortOnError: false });
  prepare(app);
  return app.init();
}

export async function listenerOf(app: INestApplication): Promise<RequestListener> {
  const platform: unknown = app.getHttpAdapter().getInstance();
  if (app.getHttpAdapter().getType() === 'express') return platform as RequestListener;
  const fastify = platform as FastifyInstance;
  await fastify.ready();
  return (req, res) => fastify.routing(req, res);
}

/** Sends requests to an application that starts with the first of them. */
export function serviceOf(start: () => Promise<INestApplication>): TestService {
  let service: Promise<TestService> | undefined;
  const startOnce = async (): Promise<TestService> => supertestService(await listenerOf(await start()));
  return async (request) => (await (service ??= startOnce()))(request);
}

export interface Payouts {
  readonly issuer: TestIssuer;
  readonly send: TestService;
  /** `POST /payouts`, with a token or without one. */
  readonly pay: (token?: string, path?: string) => Promise<TestAnswer>;
}

/** An application of these controllers, the guard's module and what else is given. */
export function payoutsOf(
  version: NestVersion,
  controllers: Type[],
  { options = {}, prepare, ...metadata }: ModuleMetadata & { options?: GuardOptions; prepare?: Prepare } = {},
): Payouts {
  const issuer = createTestIssuer();
  const guard = { issuers: issuer.trusted, replayStore: isolatedMemoryReplayStore(), ...options };
  const imports = [version.adapter.VerifiedMobileModule.forRoot(guard), ...(metadata.imports ?? [])];
  const send = serviceOf(async () => startApplication(version, { ...metadata, imports, controllers }, prepare));
  const pay: Payouts['pay'] = async (token, path = '/payouts') => {
    const headers = token === undefined ? {} : { 'otp-verification-token': token };
    return send({ method: 'POST', path, headers, body: { amount: 2500 } });
  };
  return { issuer, send, pay };
}
