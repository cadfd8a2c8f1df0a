import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { EXCEPTION_FILTERS_METADATA, GUARDS_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, HttpAdapterHost, MetadataScanner } from '@nestjs/core';
import { misconfigured } from '@verified-mobile/core/store';
import { isGuardedItself, notHttp, VerifiedMobileControllerGuard, VerifiedMobileGuard } from './guard.ts';
import { type Decorated, listOf, metadataOf } from './metadata.ts';
import { GUARDED_METHODS_METADATA, ROUTE_OPTIONS_METADATA } from './options.ts';
import { RefusalFilter } from './refusal-filter.ts';
import { nameOf, ROUTE_GUARDS, type RouteGuards } from './route-guards.ts';

const PLATFORMS = new Set(['express', 'fastify']);
/** Of `@MessagePattern` and `@EventPattern`, whose package is not there in most applications. */
const MESSAGE_PATTERN_METADATA = 'microservices:pattern';

type Wrapper = ReturnType<DiscoveryService['getControllers']>[number];

/** Refuses at the application's start what the guard cannot protect, and builds the guard of each route. */
export class RouteExplorer implements OnModuleInit, OnApplicationBootstrap {
  readonly #routeGuards: RouteGuards;
  readonly #discovery: DiscoveryService;
  readonly #scanner: MetadataScanner;
  readonly #adapterHost: HttpAdapterHost;

  constructor(
    routeGuards: RouteGuards,
    discovery: DiscoveryService,
    scanner: MetadataScanner,
    adapterHost: HttpAdapterHost,
  ) {
    this.#routeGuards = routeGuards;
    this.#discovery = discovery;
    this.#scanner = scanner;
    this.#adapterHost = adapterHost;
  }

  /** @throws {VerifiedMobileError} `invalid_configuration`: naming the route, and the remedy */
  onModuleInit(): void {
    for (const wrapper of this.#discovery.getProviders()) {
      const place = classOf(wrapper);
      if (place !== undefined) this.#refuseDecorated(place);
    }
    for (const wrapper of this.#discovery.getControllers()) {
      const controller = wrapper.metatype as Decorated;
      refuseReplaced(controller);
      for (const handler of this.#methodsOf(controller)) this.#explore(wrapper, controller, handler);
    }
  }

  /** Awaited by `listen()`. An application without HTTP guards nothing, and waits for nothing. */
  async onApplicationBootstrap(): Promise<void> {
    if (this.#httpPlatform() !== undefined) await this.#routeGuards.ready();
  }

  /** Resolvers and gateways are providers. */
  #refuseDecorated(provider: Decorated): void {
    if (isDecorated(provider)) throw notHttp(provider.name);
    const decorated = this.#methodsOf(provider).find(isDecorated);
    if (decorated !== undefined) throw notHttp(nameOf(provider, decorated));
  }

  #explore(wrapper: Wrapper, controller: Decorated, handler: Decorated): void {
    if (!isDecorated(controller) && !isDecorated(handler)) return;
    const isRoute = metadataOf(PATH_METADATA, handler) !== undefined;
    const takesMessages = metadataOf(MESSAGE_PATTERN_METADATA, handler) !== undefined;
    if (takesMessages || (isDecorated(handler) && !isRoute)) throw notHttp(nameOf(controller, handler));
    if (!isRoute) return;
    refuseWhatStandsAfter(controller, handler);
    this.#refuseOtherPlatforms();
    if (isGuardedBy(this.#routeGuards, wrapper)) this.#routeGuards.guardFor(controller, handler);
  }

  #refuseOtherPlatforms(): void {
    const platform = this.#httpPlatform();
    if (platform === undefined || PLATFORMS.has(platform)) return;
    throw misconfigured(`@RequireVerifiedMobile() answers on Express and Fastify. This application is on ${platform}.`);
  }

  #httpPlatform(): string | undefined {
    return (this.#adapterHost.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined)?.getType();
  }

  #methodsOf({ prototype }: Decorated): Decorated[] {
    const methods = prototype as Record<string, Decorated>;
    return this.#scanner.getAllMethodNames(methods).map((name) => methods[name]!);
  }
}
Injectable()(RouteExplorer);
for (const [index, dependency] of [ROUTE_GUARDS, DiscoveryService, MetadataScanner, HttpAdapterHost].entries()) {
  Inject(dependency)(RouteExplorer, undefined, index);
}

function isDecorated(place: Decorated): boolean {
  return metadataOf(ROUTE_OPTIONS_METADATA, place) !== undefined;
}

/** The class of what a provider is, however it is provided. A value may have any property, `constructor` too. */
function classOf({ instance, metatype, inject }: Wrapper): Decorated | undefined {
  const isMade = instance !== undefined && instance !== null;
  const { constructor } = isMade ? ((Object.getPrototypeOf(instance) as object | null) ?? {}) : {};
  const type = isMade || inject ? constructor : metatype;
  return typeof type === 'function' && typeof type.prototype === 'object' ? type : undefined;
}

/** Two modules of other options each guard the routes of the modules that import them. */
function isGuardedBy(routeGuards: RouteGuards, { host }: Wrapper): boolean {
  return [VerifiedMobileGuard, VerifiedMobileControllerGuard].some((Guard) => {
    const { instance } = host?.injectables.get(Guard) ?? {};
    return (instance as VerifiedMobileGuard | undefined)?.routeGuards === routeGuards;
  });
}

/** Nest would serve a method that stands in the place of the guarded one, and without the guard. */
function refuseReplaced(controller: Decorated): void {
  const names = listOf(GUARDED_METHODS_METADATA, controller) as readonly string[];
  const methods = controller.prototype as Record<string, Decorated>;
  const replaced = names.find((name) => !isGuardedItself(methods[name]!));
  if (replaced === undefined) return;
  throw misconfigured(
    `@RequireVerifiedMobile() of ${controller.name}.${replaced} guards nothing: a decorator above it, or a class that extends ` +
      'the controller, has put another method in its place. Write @RequireVerifiedMobile() above all decorators of that method.',
  );
}

/** The guard consumes the token: what refuses a request runs before it. And Nest asks the last filter first. */
function refuseWhatStandsAfter(controller: Decorated, handler: Decorated): void {
  const last = (key: string): unknown => [controller, handler].flatMap((place) => listOf(key, place)).at(-1);
  const guard = isGuardedItself(handler) ? VerifiedMobileGuard : VerifiedMobileControllerGuard;
  if (last(GUARDS_METADATA) === guard && last(EXCEPTION_FILTERS_METADATA) === RefusalFilter) return;
  throw misconfigured(
    `A guard or exception filter of ${nameOf(controller, handler)} stands after @RequireVerifiedMobile(), which consumes the ` +
      'token and answers itself. Write @RequireVerifiedMobile() on the route, above @UseGuards() and @UseFilters(); in ' +
      'applyDecorators(), last.',
  );
}
