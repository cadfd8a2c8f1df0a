import type {
  CanActivate,
  DynamicModule,
  ExceptionFilter,
  INestApplication,
  ModuleMetadata,
  Type,
} from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { createTestIssuer, isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import type { RouteOptions } from '@verified-mobile/nestjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startApplication } from './nest-service.ts';
import { NEST_VERSIONS } from './nest-versions.ts';

const issuer = createTestIssuer();
const options = () => ({ issuers: issuer.trusted, replayStore: isolatedMemoryReplayStore() });
const admitAll: CanActivate = { canActivate: () => true };
const answerAll: ExceptionFilter = { catch: () => undefined };

afterEach(() => vi.unstubAllEnvs());

describe.each(NEST_VERSIONS)('$name', (version) => {
  const { nest, adapter } = version;
  const { Controller, Get, Injectable, Post, UseFilters, UseGuards } = nest.common;
  const { RequireVerifiedMobile, VerifiedMobileModule } = adapter;

  const guarded = (route: RouteOptions = {}): Type => {
    @Controller('payouts')
    class PayoutsController {
      @RequireVerifiedMobile(route)
      @Post()
      pay(): void {}
    }
    return PayoutsController;
  };
  const start = async (guard: DynamicModule, metadata: ModuleMetadata = {}): Promise<INestApplication> =>
    startApplication(version, { controllers: [guarded()], ...metadata, imports: [guard, ...(metadata.imports ?? [])] });
  const refused = (message: string) => ({
    code: 'invalid_configuration',
    message: expect.stringContaining(message) as string,
  });

  describe('an application does not start', () => {
    it('without its settings, and says which', async () => {
      vi.stubEnv('VERIFIED_MOBILE_ISSUER', undefined);
      await expect(start(VerifiedMobileModule.forRoot())).rejects.toMatchObject(refused('VERIFIED_MOBILE_ISSUER'));
    });

    it('on an unknown option of the module', async () => {
      const guard = VerifiedMobileModule.forRoot({ ...options(), maxAge: 60 } as never);
      await expect(start(guard)).rejects.toMatchObject(refused('The guard has no option maxAge'));
    });

    it.each<[string, object, string]>([
      ['an unknown option', { maxAge: 60 }, 'has no option maxAge'],
      ["an option that is the module's", options(), 'has no option issuers, replayStore'],
      ['an impossible value', { maxAgeSeconds: 301 }, 'maxAgeSeconds must be a whole number from 1 to 300'],
    ])('on %s of a route, which it names', async (_what, route, message) => {
      const started = start(VerifiedMobileModule.forRoot(options()), { controllers: [guarded(route)] });
      await expect(started).rejects.toMatchObject(refused(message));
      await expect(started).rejects.toThrow('@RequireVerifiedMobile() of PayoutsController.pay');
    });

    it('with a guarded route and without the module, and names it', async () => {
      const started = startApplication(version, { controllers: [guarded()] });
      await expect(started).rejects.toThrow('VerifiedMobileModule.forRoot()');
    });

    it('with a guard of the route that would run after the token was consumed', async () => {
      @Controller('payouts')
      class PayoutsController {
        @UseGuards(admitAll)
        @RequireVerifiedMobile()
        @Post()
        pay(): void {}
      }
      const started = start(VerifiedMobileModule.forRoot(options()), { controllers: [PayoutsController] });
      await expect(started).rejects.toMatchObject(
        refused('PayoutsController.pay stands after @RequireVerifiedMobile()'),
      );
    });

    it('with decorators in one, in which a guard comes after it; and starts where it is the last', async () => {
      const startWith = async (...decorators: MethodDecorator[]): Promise<INestApplication> => {
        @Controller('payouts')
        class PayoutsController {
          @nest.common.applyDecorators(...decorators)
          @Post()
          pay(): void {}
        }
        return start(VerifiedMobileModule.forRoot(options()), { controllers: [PayoutsController] });
      };
      const [ours, other] = [RequireVerifiedMobile(), UseGuards(admitAll)];
      await expect(startWith(ours, other)).rejects.toMatchObject(refused('in applyDecorators(), last'));
      await expect(startWith(other, ours)).resolves.toBeDefined();
    });

    it.each<[string, MethodDecorator]>([
      ['guard', UseGuards(admitAll)],
      ['filter', UseFilters(answerAll)],
    ])('with a %s of a route in a guarded controller', async (_what, decorator) => {
      @RequireVerifiedMobile()
      @Controller('payouts')
      class PayoutsController {
        @Get()
        list(): void {}

        @decorator
        @Post()
        pay(): void {}
      }
      const started = start(VerifiedMobileModule.forRoot(options()), { controllers: [PayoutsController] });
      await expect(started).rejects.toMatchObject(
        refused('PayoutsController.pay stands after @RequireVerifiedMobile()'),
      );
    });

    it('with a filter of the route that could answer in its place', async () => {
      @Controller('payouts')
      class PayoutsController {
        @UseFilters(answerAll)
        @RequireVerifiedMobile()
        @Post()
        pay(): void {}
      }
      const started = start(VerifiedMobileModule.forRoot(options()), { controllers: [PayoutsController] });
      await expect(started).rejects.toMatchObject(
        refused('PayoutsController.pay stands after @RequireVerifiedMobile()'),
      );
    });

    it('if another decorator has put a method without the guard in the place of the guarded one', async () => {
      const wrap: MethodDecorator = (_target, _name, descriptor) => ({ ...descriptor, value: (() => 'paid') as never });

      @Controller('payouts')
      class PayoutsController {
        @Post()
        @wrap
        @RequireVerifiedMobile()
        pay(): void {}
      }
      const started = start(VerifiedMobileModule.forRoot(options()), { controllers: [PayoutsController] });
      await expect(started).rejects.toMatchObject(refused('PayoutsController.pay guards nothing'));
    });

    it('if a class that extends the controller has overridden its guarded method without the guard', async () => {
      @Controller('loans')
      class LoansController extends guarded() {
        @Post()
        pay(): void {}
      }
      const started = start(VerifiedMobileModule.forRoot(options()), { controllers: [LoansController] });
      await expect(started).rejects.toMatchObject(refused('LoansController.pay guards nothing'));
    });
  });

  describe('what is no HTTP route of a controller cannot be guarded, and the application does not start', () => {
    it('a handler of messages', async () => {
      class PayoutsController {
        @RequireVerifiedMobile()
        @nest.MessagePattern('pay')
        pay(): void {}
      }
      Controller()(PayoutsController);
      const started = start(VerifiedMobileModule.forRoot(options()), { controllers: [PayoutsController] });
      await expect(started).rejects.toMatchObject(refused('PayoutsController.pay is none. For messages'));
    });

    it('a method of a controller that serves no route, such as a job', async () => {
      @Controller('payouts')
      class PayoutsController {
        @RequireVerifiedMobile()
        payAtNight(): void {}
      }
      const started = start(VerifiedMobileModule.forRoot(options()), { controllers: [PayoutsController] });
      await expect(started).rejects.toMatchObject(refused('PayoutsController.payAtNight is none'));
    });

    it('a handler of messages in a guarded controller', async () => {
      @RequireVerifiedMobile()
      @Controller('payouts')
      class PayoutsController {
        @Post()
        pay(): void {}

        @nest.MessagePattern('pay')
        payLater(): void {}
      }
      const started = start(VerifiedMobileModule.forRoot(options()), { controllers: [PayoutsController] });
      await expect(started).rejects.toMatchObject(refused('PayoutsController.payLater is none'));
    });

    it('a route that takes messages, too', async () => {
      @Controller('payouts')
      class PayoutsController {
        @RequireVerifiedMobile()
        @nest.MessagePattern('pay')
        @Post()
        pay(): void {}
      }
      const started = start(VerifiedMobileModule.forRoot(options()), { controllers: [PayoutsController] });
      await expect(started).rejects.toMatchObject(refused('PayoutsController.pay is none'));
    });

    it('a method of a provider, as resolvers and gateways are', async () => {
      @Injectable()
      class PayoutsResolver {
        @RequireVerifiedMobile()
        pay(): void {}
      }
      for (const provider of [PayoutsResolver, { provide: 'resolver', useFactory: () => new PayoutsResolver() }]) {
        const started = start(VerifiedMobileModule.forRoot(options()), { providers: [provider] });
        await expect(started).rejects.toMatchObject(refused('PayoutsResolver.pay is none'));
      }
    });

    it('a whole provider', async () => {
      @RequireVerifiedMobile()
      @Injectable()
      class PayoutsGateway {}
      const started = start(VerifiedMobileModule.forRoot(options()), { providers: [PayoutsGateway] });
      await expect(started).rejects.toMatchObject(refused('PayoutsGateway is none'));
    });
  });

  it('guards the routes of a module that does not import it, unless it is not global', async () => {
    @nest.common.Module({ controllers: [guarded()] })
    class FeatureModule {}
    const startWith = async (guard: DynamicModule): Promise<INestApplication> =>
      start(guard, { imports: [FeatureModule], controllers: [] });
    await expect(startWith(VerifiedMobileModule.forRoot(options()))).resolves.toBeDefined();
    await expect(startWith(VerifiedMobileModule.forRootAsync({ useFactory: options }))).resolves.toBeDefined();
    for (const guard of [
      VerifiedMobileModule.forRoot({ ...options(), global: false }),
      VerifiedMobileModule.forRootAsync({ useFactory: options, global: false }),
    ]) {
      await expect(startWith(guard)).rejects.toThrow('VerifiedMobileModule.forRoot()');
    }
  });

  it('passes nothing of another context than HTTP, and says so at the call', async () => {
    const paid: string[] = [];

    @Controller('payouts')
    class PayoutsController {
      @RequireVerifiedMobile()
      @Post()
      pay(): void {
        paid.push('paid');
      }
    }
    const app = await start(VerifiedMobileModule.forRoot(options()), { controllers: [PayoutsController] });
    const controller = app.get(PayoutsController);
    const pay = Reflect.get<PayoutsController, 'pay'>(controller, 'pay');
    // As GraphQL calls resolvers.
    const call = app
      .get(nest.core.ExternalContextCreator)
      .create(controller, pay, 'pay', undefined, undefined, undefined, undefined, undefined, 'graphql');
    await expect(call({})).rejects.toMatchObject(refused('PayoutsController.pay is none'));
    expect(paid).toEqual([]);
  });

  it('refuses a platform that it cannot answer on', async () => {
    const platform = version.createPlatform();
    platform.getType = () => 'hyper';
    const started = startApplication(
      { ...version, createPlatform: () => platform },
      { imports: [VerifiedMobileModule.forRoot(options())], controllers: [guarded()] },
    );
    await expect(started).rejects.toMatchObject(refused('This application is on hyper'));
  });

  describe('the replay store and the keys are ready', () => {
    const withReady = (ready: () => Promise<void>) =>
      VerifiedMobileModule.forRoot({
        ...options(),
        replayStore: Object.assign(isolatedMemoryReplayStore(), { ready }),
      });

    it('before the port is open', async () => {
      const ready = vi.fn<() => Promise<void>>(async () => Promise.reject(new Error('the store is down')));
      await expect(start(withReady(ready))).rejects.toThrow('the store is down');
      expect(ready).toHaveBeenCalledOnce();
    });

    it('and an application without HTTP waits for neither', async () => {
      const ready = vi.fn<() => Promise<void>>(async () => Promise.reject(new Error('the store is down')));
      class RootModule {}
      nest.common.Module({ imports: [withReady(ready)] })(RootModule);
      const context = await nest.core.NestFactory.createApplicationContext(RootModule, { logger: false });
      await context.close();
      const microservice = await nest.core.NestFactory.createMicroservice(RootModule, { logger: false });
      await microservice.init();
      expect(ready).not.toHaveBeenCalled();
    });
  });

  it('bears providers that are no instance of a class', async () => {
    const values = [
      { constructor: 'of houses' },
      Object.create(null) as object,
      5,
      'text',
      null,
      undefined,
      Date,
      () => 5,
    ];
    const providers = values.flatMap((value, at) => [
      { provide: `value ${at}`, useValue: value },
      { provide: `made value ${at}`, useFactory: () => value },
    ]);
    await expect(start(VerifiedMobileModule.forRoot(options()), { providers })).resolves.toBeDefined();
  });

  describe('options that a factory makes', () => {
    it('of ConfigService', async () => {
      vi.stubEnv('OTP_AUDIENCE', issuer.audience);
      const guard = VerifiedMobileModule.forRootAsync({
        imports: [ConfigModule.forRoot({ ignoreEnvFile: true })],
        inject: [ConfigService],
        useFactory: async (config: ConfigService) => ({
          ...options(),
          issuers: { ...issuer.trusted, audience: config.getOrThrow<string>('OTP_AUDIENCE') },
        }),
      });
      await expect(start(guard)).resolves.toBeDefined();
    });

    it.each<[string, () => never, string]>([
      [
        'throws',
        () => {
          throw new Error('no such setting');
        },
        'no such setting',
      ],
      ['returns nothing', () => undefined as never, 'useFactory of VerifiedMobileModule.forRootAsync() must return'],
      ['returns an unknown option', () => ({ ...options(), maxAge: 60 }) as never, 'has no option maxAge'],
    ])('stop the application if the factory %s', async (_what, useFactory, message) => {
      await expect(start(VerifiedMobileModule.forRootAsync({ useFactory }))).rejects.toThrow(message);
    });

    it('are refused at once under an unknown name', () => {
      expect(() => VerifiedMobileModule.forRootAsync({ useClass: class {} } as never)).toThrow(
        'has no option useClass',
      );
    });
  });
});
