import { type DynamicModule, type FactoryProvider, Module, type Provider } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import type { GuardOptions } from '@verified-mobile/core';
import { refuseUnknownNames } from '@verified-mobile/core/store';
import type { PlatformRequest, VerifiedMobileModuleAsyncOptions, VerifiedMobileModuleOptions } from './options.ts';
import { RouteExplorer } from './route-explorer.ts';
import { ROUTE_GUARDS, RouteGuards } from './route-guards.ts';

const OPTIONS = Symbol('options of VerifiedMobileModule');
const ASYNC_NAMES = [
  'imports',
  'inject',
  'useFactory',
  'global',
] as const satisfies readonly (keyof VerifiedMobileModuleAsyncOptions)[];

/**
 * What `@RequireVerifiedMobile()` stands on: import it once, in the application's root module. Settings are read when the
 * application is created, and a wrong one stops it. Before `listen()` opens the port, the replay store can vouch for new
 * tokens and the keys of every issuer are at hand.
 */
export class VerifiedMobileModule {
  /**
   * @throws {VerifiedMobileError} `invalid_configuration`, when the application is created: a missing, contradictory, weak or
   *   unknown setting
   */
  static forRoot<Request = PlatformRequest>(options: VerifiedMobileModuleOptions<Request> = {}): DynamicModule {
    const { global = true, ...guardOptions } = options;
    return dynamicModule({ global }, { provide: OPTIONS, useValue: guardOptions });
  }

  /**
   * @example
   * ```ts
   * VerifiedMobileModule.forRootAsync({
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({ issuers: issuersFrom(config), service: config.get('SERVICE') }),
   * })
   * ```
   * @throws {VerifiedMobileError} `invalid_configuration`, at once: an unknown option; when the application is created: as `forRoot()`
   */
  static forRootAsync<Request = PlatformRequest>(options: VerifiedMobileModuleAsyncOptions<Request>): DynamicModule {
    refuseUnknownNames('VerifiedMobileModule.forRootAsync()', options, ASYNC_NAMES);
    const { global = true, imports = [], inject = [], useFactory } = options;
    const factory = useFactory as FactoryProvider<GuardOptions<Request>>['useFactory'];
    return dynamicModule({ global, imports }, { provide: OPTIONS, inject, useFactory: factory });
  }
}
Module({})(VerifiedMobileModule);

function dynamicModule({ imports = [], ...rest }: Partial<DynamicModule>, options: Provider): DynamicModule {
  const routeGuards: FactoryProvider<RouteGuards> = {
    provide: ROUTE_GUARDS,
    inject: [OPTIONS],
    useFactory: (given: GuardOptions<PlatformRequest>) => new RouteGuards(given),
  };
  return {
    ...rest,
    module: VerifiedMobileModule,
    imports: [DiscoveryModule, ...imports],
    providers: [options, routeGuards, RouteExplorer],
    exports: [ROUTE_GUARDS],
  };
}
