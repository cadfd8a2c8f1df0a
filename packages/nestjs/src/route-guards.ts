import {
  createGuard,
  type Guard,
  type GuardOptions,
  issuersFromEnvironment,
  VerifiedMobileError,
} from '@verified-mobile/core';
import { misconfigured, refuseUnknownNames } from '@verified-mobile/core/store';
import type { Decorated } from './metadata.ts';
import { overridden, type PlatformRequest, ROUTE_OPTIONS, type RouteOptions, routeOptionsAt } from './options.ts';

/** Injected where a route is guarded. If no module provides it, Nest prints this name: it is the remedy. */
export const ROUTE_GUARDS: unique symbol = Symbol('VerifiedMobileModule.forRoot()');

/** What one module's guards have in common: keys and store. And a guard for each route, of the module's options and its own. */
export class RouteGuards {
  readonly #options: GuardOptions<PlatformRequest>;
  readonly #guard: Guard<PlatformRequest>;
  readonly #guards = new WeakMap<Decorated, WeakMap<Decorated, Guard<PlatformRequest>>>();

  /** @throws {VerifiedMobileError} `invalid_configuration`: a missing, contradictory, weak or unknown setting */
  constructor(options: GuardOptions<PlatformRequest>) {
    if (typeof options !== 'object' || options === null) {
      throw misconfigured('useFactory of VerifiedMobileModule.forRootAsync() must return the options of the guard.');
    }
    // Once, and not in each guard: they share the keys that are fetched.
    this.#options = { ...options, issuers: options.issuers ?? issuersFromEnvironment(process.env) };
    this.#guard = createGuard(this.#options);
  }

  /** Resolves when the replay store can vouch for new tokens and the keys are at hand: for all routes, which share them. */
  async ready(): Promise<void> {
    await this.#guard.ready();
  }

  /** @throws {VerifiedMobileError} `invalid_configuration`, naming the route */
  guardFor(controller: Decorated, handler: Decorated): Guard<PlatformRequest> {
    const guards = this.#guards.get(controller) ?? new WeakMap<Decorated, Guard<PlatformRequest>>();
    this.#guards.set(controller, guards);
    const guard = guards.get(handler) ?? this.#build(controller, handler);
    guards.set(handler, guard);
    return guard;
  }

  #build(controller: Decorated, handler: Decorated): Guard<PlatformRequest> {
    const options = overridden<RouteOptions>({}, routeOptionsAt(controller), routeOptionsAt(handler));
    const route = nameOf(controller, handler);
    refuseUnknownNames(`@RequireVerifiedMobile() of ${route}`, options, ROUTE_OPTIONS);
    if (Object.keys(options).length === 0) return this.#guard;
    try {
      return createGuard(overridden(this.#options, options));
    } catch (error) {
      if (!(error instanceof VerifiedMobileError)) throw error;
      throw misconfigured(`@RequireVerifiedMobile() of ${route}: ${error.message}`, { cause: error });
    }
  }
}

/** `PayoutsController.pay`, for messages. */
export function nameOf(controller: Decorated, handler: Decorated): string {
  return `${controller.name}.${handler.name}`;
}
