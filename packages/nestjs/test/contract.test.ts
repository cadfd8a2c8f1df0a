import type { ModuleMetadata } from '@nestjs/common';
import type { GuardOptions } from '@verified-mobile/core';
import { describeGuardAdapter } from '@verified-mobile/core/testing';
import type { PlatformRequest, Proof } from '@verified-mobile/nestjs';
import { describe, it } from 'vitest';
import { serviceOf, startApplication } from './nest-service.ts';
import { NEST_VERSIONS, type NestVersion } from './nest-versions.ts';

for (const version of NEST_VERSIONS) {
  describeGuardAdapter<PlatformRequest>(
    { describe, it },
    {
      name: version.name,
      headerOf: (request, name) => request.headers[name] as string | undefined,
      createService: (options, handle) =>
        serviceOf(async () => startApplication(version, payoutsModule(version, options, handle))),
    },
  );
}

function payoutsModule(
  { nest, adapter }: NestVersion,
  options: GuardOptions<PlatformRequest>,
  handle: (getProof: () => Proof) => unknown,
): ModuleMetadata {
  const { Controller, Get, HttpCode, Options, Post, Req } = nest.common;
  const { getVerifiedMobile, RequireVerifiedMobile, VerifiedMobileModule } = adapter;

  @RequireVerifiedMobile()
  @Controller('payouts')
  class PayoutsController {
    @Post()
    pay(@Req() request: object): unknown {
      return handle(() => getVerifiedMobile(request));
    }

    @Get()
    list(): unknown {
      return [];
    }

    @Options()
    @HttpCode(204)
    options(): void {}
  }

  @Controller('unguarded')
  class UnguardedController {
    @Post()
    pay(@Req() request: object): unknown {
      return handle(() => getVerifiedMobile(request));
    }
  }

  return { imports: [VerifiedMobileModule.forRoot(options)], controllers: [PayoutsController, UnguardedController] };
}
