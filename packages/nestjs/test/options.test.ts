import type { Type } from '@nestjs/common';
import { createTestIssuer, isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import type { PlatformRequest, Proof, RouteOptions } from '@verified-mobile/nestjs';
import { describe, expect, it } from 'vitest';
import { payoutsOf, serviceOf, startApplication } from './nest-service.ts';
import { NEST_VERSIONS } from './nest-versions.ts';

describe.each(NEST_VERSIONS)('$name', (version) => {
  const { nest, adapter } = version;
  const { Controller, Get, Module, Post } = nest.common;
  const { RequireVerifiedMobile, VerifiedMobile, VerifiedMobileModule } = adapter;

  const guarded = (ofController: RouteOptions, ofRoute: RouteOptions): Type => {
    @RequireVerifiedMobile(ofController)
    @Controller('payouts')
    class PayoutsController {
      @RequireVerifiedMobile(ofRoute)
      @Post()
      pay(@VerifiedMobile() { mobile }: Proof): string {
        return mobile;
      }

      @Post('small')
      paySmall(@VerifiedMobile() { mobile }: Proof): string {
        return mobile;
      }
    }
    return PayoutsController;
  };
  const [ours, other] = [() => '9002336768', () => '9876543210'];

  it.each<[string, RouteOptions, RouteOptions, RouteOptions, number]>([
    ["the module's", { expectMobile: ours }, {}, {}, 201],
    ["the module's", { expectMobile: other }, {}, {}, 403],
    ["the controller's in the place of the module's", { expectMobile: other }, { expectMobile: ours }, {}, 201],
    ["the route's in the place of both", { expectMobile: other }, { expectMobile: other }, { expectMobile: ours }, 201],
    [
      'the other options of the module beside those of the route',
      { expectMobile: other },
      {},
      { maxAgeSeconds: 60 },
      403,
    ],
    [
      'an option given as undefined does not switch one off',
      { expectMobile: other },
      {},
      { expectMobile: undefined } as never,
      403,
    ],
  ])('a route has %s', async (_whose, ofModule, ofController, ofRoute, expected) => {
    const { issuer, pay } = payoutsOf(version, [guarded(ofController, ofRoute)], {
      options: ofModule as RouteOptions<unknown>,
    });
    expect((await pay(issuer.mint())).status).toBe(expected);
  });

  it('guards each other route of the controller by its options', async () => {
    const { issuer, pay } = payoutsOf(version, [guarded({ expectMobile: other }, { expectMobile: ours })]);
    const token = issuer.mint();
    expect((await pay(token, '/payouts/small')).status).toBe(403);
    expect((await pay(token)).status).toBe(201);
  });

  it('says in a refusal how fresh a proof this route wants', async () => {
    const { pay } = payoutsOf(version, [guarded({}, { maxAgeSeconds: 60 })]);
    expect((await pay()).headers['www-authenticate']).toContain('max_age=60');
    expect((await pay(undefined, '/payouts/small')).headers['www-authenticate']).toContain('max_age=300');
  });

  it('keeps one store for all routes: what one has consumed is used for each other', async () => {
    const { issuer, pay } = payoutsOf(version, [guarded({}, { maxAgeSeconds: 60 })]);
    const token = issuer.mint();
    expect((await pay(token)).status).toBe(201);
    expect(JSON.parse((await pay(token, '/payouts/small')).body)).toMatchObject({ code: 'otp_token_used' });
  });

  it("gives the functions of a route the platform's request, its body parsed and its parameters read", async () => {
    const bodies: unknown[] = [];

    @Controller('payouts')
    class PayoutsController {
      @RequireVerifiedMobile({
        transaction: ({ body, params, query }) => {
          bodies.push({ body, params: { ...Object(params) }, query: { ...Object(query) } });
          return body;
        },
      })
      @Post(':id')
      pay(): void {}
    }
    const { issuer, pay } = payoutsOf(version, [PayoutsController]);
    expect((await pay(issuer.mint(), '/payouts/p1?try=2')).status).toBe(403);
    expect(bodies).toEqual([{ body: { amount: 2500 }, params: { id: 'p1' }, query: { try: '2' } }]);
  });

  it('lets a request pass without a proof where `when` says so', async () => {
    @Controller('payouts')
    class PayoutsController {
      @RequireVerifiedMobile({ when: ({ query }) => 'big' in Object(query) })
      @Post()
      pay(): string {
        return 'paid';
      }
    }
    const { pay } = payoutsOf(version, [PayoutsController]);
    expect(await pay()).toMatchObject({ status: 201, body: 'paid' });
    expect((await pay(undefined, '/payouts?big')).status).toBe(401);
  });

  it('adds to the options of the class that a controller extends, and stands last in both', async () => {
    @RequireVerifiedMobile({ expectMobile: other })
    class Base {
      @Post()
      pay(): string {
        return 'paid';
      }
    }

    @RequireVerifiedMobile({ maxAgeSeconds: 60 })
    @nest.common.UseGuards({ canActivate: () => true })
    @Controller('payouts')
    class PayoutsController extends Base {}

    const { issuer, pay } = payoutsOf(version, [PayoutsController]);
    expect((await pay(issuer.mint())).status).toBe(403);
    expect((await pay(issuer.mint({ claims: { mobile: '9876543210' } }))).status).toBe(201);
  });

  it('guards the routes of each module by the one it imports, where neither is global', async () => {
    const issuers = { payouts: createTestIssuer(), loans: createTestIssuer({ issuer: 'https://loans.test' }) };
    const replayStore = Object.assign(isolatedMemoryReplayStore(), { scope: 'shared' as const });
    const featureOf = (path: 'payouts' | 'loans', route: RouteOptions, service: string): Type => {
      @Controller(path)
      class FeatureController {
        @RequireVerifiedMobile(route)
        @Post()
        pay(): void {}

        @Get()
        list(): void {}
      }

      const options = { issuers: issuers[path].trusted, replayStore, service, global: false };
      @Module({ imports: [VerifiedMobileModule.forRoot(options)], controllers: [FeatureController] })
      class FeatureModule {}
      return FeatureModule;
    };
    // Without a service there is no retry: had it the routes of the other module, the application would not start.
    const retried = { idempotencyKey: ({ headers }: PlatformRequest) => headers['idempotency-key'] as string };
    const imports = [featureOf('payouts', {}, ''), featureOf('loans', retried, 'loans')];
    const send = serviceOf(async () => startApplication(version, { imports }));
    const pay = async (path: string, token: string): Promise<number> =>
      (await send({ method: 'POST', path, headers: { 'otp-verification-token': token } })).status;
    expect(await pay('/payouts', issuers.loans.mint())).toBe(401);
    expect(await pay('/payouts', issuers.payouts.mint())).toBe(201);
    expect(await pay('/loans', issuers.payouts.mint())).toBe(401);
    expect(await pay('/loans', issuers.loans.mint())).toBe(201);
  });
});
