import type {
  ArgumentsHost,
  CallHandler,
  CanActivate,
  ExceptionFilter,
  INestApplication,
  NestInterceptor,
  PipeTransform,
} from '@nestjs/common';
import type { Proof } from '@verified-mobile/nestjs';
import { describe, expect, it } from 'vitest';
import { type Payouts, payoutsOf } from './nest-service.ts';
import { NEST_VERSIONS } from './nest-versions.ts';

/** Answers everything in its own way, as the filters of many applications do. */
class CatchAll implements ExceptionFilter {
  catch(error: Error, host: ArgumentsHost): void {
    host
      .switchToHttp()
      .getResponse<{ status(status: number): { send(body: object): void } }>()
      .status(418)
      .send({ error: error.message });
  }
}

describe.each(NEST_VERSIONS)('$name', (version) => {
  const { nest, adapter } = version;
  const { Catch, Controller, Post, UseFilters, UseGuards, UseInterceptors, UsePipes } = nest.common;
  const { RequireVerifiedMobile, VerifiedMobile } = adapter;
  Catch()(CatchAll);

  it('is that version, and the package stands on it', () => {
    expect(adapter.VerifiedMobileModule.forRoot().imports).toContain(nest.core.DiscoveryModule);
  });

  describe("an application's exception filter that catches everything", () => {
    @Controller('payouts')
    class Filterless {
      @RequireVerifiedMobile()
      @Post()
      pay(): void {}
    }

    @RequireVerifiedMobile()
    @UseFilters(CatchAll)
    @Controller('payouts')
    class FilterOnBoth {
      @Post()
      pay(): void {}
    }

    @UseFilters(new CatchAll())
    @Controller('payouts')
    class FilterOnController {
      @RequireVerifiedMobile()
      @UseFilters(CatchAll)
      @Post()
      pay(): void {}
    }

    const plain = payoutsOf(version, [Filterless]);
    it.each<[string, Payouts]>([
      ['global', payoutsOf(version, [Filterless], { prepare: (app) => void app.useGlobalFilters(new CatchAll()) })],
      [
        'APP_FILTER',
        payoutsOf(version, [Filterless], { providers: [{ provide: nest.core.APP_FILTER, useClass: CatchAll }] }),
      ],
      ['of the guarded controller', payoutsOf(version, [FilterOnBoth])],
      ['of the controller and the route', payoutsOf(version, [FilterOnController])],
    ])('changes no byte of a refusal: %s', async (_filter, payouts) => {
      const tokens = (issuer: Payouts['issuer']): (string | undefined)[] => [
        undefined,
        issuer.mintRefused('otp_token_expired'),
        issuer.mintRefused('transaction_mismatch'),
      ];
      for (const [at, token] of tokens(payouts.issuer).entries()) {
        const expected = await plain.pay(tokens(plain.issuer)[at]);
        const { status, headers, body } = await payouts.pay(token);
        expect({ status, body }).toEqual({ status: expected.status, body: expected.body });
        expect({ ...headers, date: '' }).toEqual({ ...expected.headers, date: '' });
        expect(status).toBeLessThan(404);
      }
    });
  });

  describe('the order of work', () => {
    const seen: string[] = [];
    const guard = (name: string, answer: () => boolean = () => true): CanActivate => ({
      canActivate: () => seen.push(name) > 0 && answer(),
    });
    const interceptor: NestInterceptor = {
      intercept: (_context, next: CallHandler) => {
        seen.push('interceptor');
        return next.handle();
      },
    };
    const pipe: PipeTransform = {
      transform: (value: unknown) => {
        seen.push('pipe');
        return value;
      },
    };
    let isAdmitted = true;

    @UseGuards(guard('guard of the controller'))
    @Controller('payouts')
    class PayoutsController {
      @RequireVerifiedMobile()
      @UseGuards(guard('guard of the route', () => isAdmitted))
      @UseInterceptors(interceptor)
      @UsePipes(pipe)
      @Post()
      pay(@VerifiedMobile() { mobile }: Proof): string {
        seen.push('handler');
        return mobile;
      }
    }

    const prepare = (app: INestApplication): void => {
      app.use((_req: unknown, _res: unknown, next: () => void) => {
        seen.push('middleware');
        next();
      });
      app.useGlobalGuards(guard('global guard'));
      app.useGlobalInterceptors(interceptor);
    };
    const expectMobile = (): string => {
      seen.push('expectMobile');
      return '9002336768';
    };
    const before = ['middleware', 'global guard', 'guard of the controller', 'guard of the route'];
    const { issuer, pay } = payoutsOf(version, [PayoutsController], { prepare, options: { expectMobile } });

    it('is middleware, all other guards, the guard, interceptors, pipes, the handler', async () => {
      seen.length = 0;
      expect(await pay(issuer.mint())).toMatchObject({ status: 201, body: '+919002336768' });
      expect(seen).toEqual([...before, 'expectMobile', 'interceptor', 'interceptor', 'pipe', 'handler']);
    });

    it('ends with the guard for a refused request', async () => {
      await pay();
      seen.length = 0;
      expect((await pay()).status).toBe(401);
      expect(seen).toEqual(before);
    });

    it('consumes no token of a request that another guard refuses', async () => {
      const token = issuer.mint();
      isAdmitted = false;
      expect((await pay(token)).status).toBe(403);
      isAdmitted = true;
      expect((await pay(token)).status).toBe(201);
    });
  });

  it("gives what the application's own functions throw to its filters, and consumes nothing", async () => {
    const { BadRequestException } = nest.common;
    const lookUp = {
      mobile: (): string => {
        throw new BadRequestException('no account');
      },
    };

    @Controller('payouts')
    class PayoutsController {
      @RequireVerifiedMobile({ expectMobile: () => lookUp.mobile() })
      @Post()
      pay(): void {}
    }

    const { issuer, pay } = payoutsOf(version, [PayoutsController]);
    const filtered = payoutsOf(version, [PayoutsController], {
      prepare: (app) => void app.useGlobalFilters(new CatchAll()),
    });
    const token = issuer.mint();
    const answer = await pay(token);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ message: 'no account' });
    expect(await filtered.pay(filtered.issuer.mint())).toMatchObject({ status: 418, body: '{"error":"no account"}' });
    lookUp.mobile = () => '9002336768';
    expect((await pay(token)).status).toBe(201);
  });

  it('guards a controller that is made for each request', async () => {
    @RequireVerifiedMobile()
    @Controller({ path: 'payouts', scope: nest.common.Scope.REQUEST })
    class PayoutsController {
      @Post()
      pay(@VerifiedMobile() { mobile }: Proof): string {
        return mobile;
      }
    }

    const { issuer, pay } = payoutsOf(version, [PayoutsController]);
    const token = issuer.mint();
    expect(await pay(token)).toMatchObject({ status: 201, body: '+919002336768' });
    expect((await pay(token)).status).toBe(401);
  });

  it('does not run a handler that takes a proof and has no guard', async () => {
    const paid: string[] = [];

    @Controller('payouts')
    class PayoutsController {
      @Post()
      pay(@VerifiedMobile() { mobile }: Proof): void {
        paid.push(mobile);
      }
    }

    const { issuer, pay } = payoutsOf(version, [PayoutsController]);
    expect((await pay(issuer.mint())).status).toBe(500);
    expect(paid).toEqual([]);
  });

  it('pays for no preflight', async () => {
    const paid: string[] = [];

    @Controller('payouts')
    class PayoutsController {
      @RequireVerifiedMobile()
      @nest.common.All()
      pay(@VerifiedMobile() { mobile }: Proof): void {
        paid.push(mobile);
      }
    }

    const { issuer, pay, send } = payoutsOf(version, [PayoutsController]);
    const headers = { origin: 'https://desk.test', 'access-control-request-method': 'POST' };
    const body = { amount: 2500 };
    expect((await send({ method: 'OPTIONS', path: '/payouts', headers, body })).status).toBe(401);
    const overridden = { ...headers, 'x-http-method-override': 'OPTIONS' };
    expect((await send({ method: 'POST', path: '/payouts', headers: overridden, body })).status).toBe(401);
    expect(paid).toEqual([]);
    expect((await pay(issuer.mint())).status).toBeLessThan(300);
    expect(paid).toEqual(['+919002336768']);
  });
});
