import type { IncomingHttpHeaders } from 'node:http';
import type { FactoryProvider, ModuleMetadata } from '@nestjs/common';
import type { GuardOptions } from '@verified-mobile/core';
import { type Decorated, metadataOf } from './metadata.ts';

/** What the requests of Express and Fastify have in common. Annotate the parameter of a function to see all of yours. */
export interface PlatformRequest {
  readonly method: string;
  readonly originalUrl: string;
  readonly headers: IncomingHttpHeaders;
  readonly params: unknown;
  readonly query: unknown;
  /** As the body parser left it: guards run before pipes. */
  readonly body?: unknown;
}

interface Visibility {
  /** Whether the guarded routes of every module use this one. `false`: those of the modules that import it. Default `true`. */
  global?: boolean;
}

/** The options of the guard, for all routes. Functions get the platform's request. Default: the `VERIFIED_MOBILE_*` variables. */
export interface VerifiedMobileModuleOptions<Request = PlatformRequest> extends GuardOptions<Request>, Visibility {}

/** Options that a factory makes of other providers, such as `ConfigService`. */
export interface VerifiedMobileModuleAsyncOptions<Request = PlatformRequest> extends Visibility {
  /** The modules that provide what `inject` names. Default: none, for providers of global modules. */
  imports?: NonNullable<ModuleMetadata['imports']>;
  /** What `useFactory` is called with, in this order. Default: nothing. */
  inject?: NonNullable<FactoryProvider['inject']>;
  /** What it throws, or rejects with, stops the application at its start. */
  useFactory: (...dependencies: never[]) => GuardOptions<Request> | Promise<GuardOptions<Request>>;
}

/** The options of one route or controller. Each takes the place of the module's of the same name; the others stay. */
export type RouteOptions<Request = PlatformRequest> = Pick<
  GuardOptions<Request>,
  'token' | 'expectMobile' | 'transaction' | 'idempotencyKey' | 'when' | 'maxAgeSeconds'
>;

/** All others are the module's alone: routes with other keys, stores or clocks would be other services. */
export const ROUTE_OPTIONS: readonly (keyof RouteOptions)[] = [
  'token',
  'expectMobile',
  'transaction',
  'idempotencyKey',
  'when',
  'maxAgeSeconds',
];

/** Where the decorator leaves the options of a route, and so marks it as guarded. */
export const ROUTE_OPTIONS_METADATA = 'verified-mobile:route-options';

/** Those of a controller or of a route alone. */
export function routeOptionsAt(place: Decorated): RouteOptions {
  return (metadataOf(ROUTE_OPTIONS_METADATA, place) as RouteOptions | undefined) ?? {};
}

/** Where it leaves, on the class, the names of the methods it stood on: a decorator above it may have replaced them. */
export const GUARDED_METHODS_METADATA = 'verified-mobile:guarded-methods';

/** An option given as `undefined` was not given: it must not switch off what stands behind it. */
export function overridden<Options extends object>(options: Options, ...overrides: readonly Options[]): Options {
  const given = overrides.flatMap((override) => Object.entries(override)).filter(([, value]) => value !== undefined);
  return { ...options, ...Object.fromEntries(given) };
}
