/**
 * The guard for NestJS 11 and 12, on Express and Fastify: a module, a decorator for routes, a decorator for the proof.
 */
export type { Proof } from '@verified-mobile/core';
export { VerifiedMobileModule } from './module.ts';
export type {
  PlatformRequest,
  RouteOptions,
  VerifiedMobileModuleAsyncOptions,
  VerifiedMobileModuleOptions,
} from './options.ts';
export { RequireVerifiedMobile } from './require-verified-mobile.ts';
export { getVerifiedMobile, VerifiedMobile } from './verified-mobile.ts';
