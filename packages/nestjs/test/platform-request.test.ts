import { Controller, Post, Req } from '@nestjs/common';
import { getVerifiedMobile, type Proof, RequireVerifiedMobile, VerifiedMobile } from '@verified-mobile/nestjs';
import type { Request } from 'express';
import type { FastifyRequest } from 'fastify';
import { expectTypeOf, it } from 'vitest';

interface SignedIn {
  readonly user?: { readonly mobile: string };
}

it("types the platform's request by what the application's functions say they take", () => {
  @RequireVerifiedMobile<Request & SignedIn>({
    expectMobile: (req) => req.user?.mobile,
    idempotencyKey: (req) => req.get('idempotency-key'),
  })
  @Controller('express')
  class OnExpress {
    @RequireVerifiedMobile({ when: (req: Request) => req.ip !== '::1' })
    @Post()
    pay(@VerifiedMobile() proof: Proof, @Req() req: Request): void {
      expectTypeOf(getVerifiedMobile(req)).toEqualTypeOf(proof);
    }
  }

  @RequireVerifiedMobile({ expectMobile: (request: FastifyRequest & SignedIn) => request.user?.mobile })
  @Controller('fastify')
  class OnFastify {
    @RequireVerifiedMobile({ transaction: ({ body, headers }) => ({ body, at: headers.host }) })
    @Post()
    pay(@VerifiedMobile() proof: Proof, @Req() request: FastifyRequest): void {
      expectTypeOf(getVerifiedMobile(request)).toEqualTypeOf(proof);
    }
  }

  expectTypeOf([OnExpress, OnFastify]).not.toBeAny();
});
