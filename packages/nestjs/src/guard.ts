import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { GUARDS_METADATA } from '@nestjs/common/constants.js';
import { nodeHeaders, type NodeRequest, rememberProof } from '@verified-mobile/core';
import { misconfigured } from '@verified-mobile/core/store';
import { type Decorated, listOf } from './metadata.ts';
import type { PlatformRequest } from './options.ts';
import { RefusedRequest } from './refusal-filter.ts';
import { nameOf, ROUTE_GUARDS, type RouteGuards } from './route-guards.ts';

/** Express's request is Node's, and Fastify's holds it. */
type PresentedRequest = PlatformRequest & NodeRequest & { readonly raw?: NodeRequest };

/** Stands before one route. */
export class VerifiedMobileGuard implements CanActivate {
  readonly routeGuards: RouteGuards;

  constructor(routeGuards: RouteGuards) {
    this.routeGuards = routeGuards;
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const [controller, handler] = [context.getClass(), context.getHandler()];
    const request = context.switchToHttp().getRequest<PresentedRequest>();
    const { method, originalUrl: url, body, raw = request } = request;
    const guard = this.routeGuards.guardFor(controller, handler);
    const verdict = await guard.decide({ request, method, url, body, header: nodeHeaders(raw) });
    if (verdict.outcome === 'refused') throw new RefusedRequest(verdict.refusal);
    if (verdict.outcome === 'passed') rememberProof(request, verdict.proof);
    return true;
  }
}

/** Stands before each route of a controller that has no guard of its own. */
export class VerifiedMobileControllerGuard extends VerifiedMobileGuard {
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    // One guard decides, the later one: the second would find the token used.
    return isGuardedItself(context.getHandler()) || super.canActivate(context);
  }
}

/**
 * Stands before both. An object, not a class: Nest has no instance of a guard's class if the method of a controller is
 * called by something else than HTTP, and skips that guard.
 */
export const HTTP_ONLY: CanActivate = {
  canActivate(context) {
    if (context.getType() === 'http') return true;
    throw notHttp(nameOf(context.getClass(), context.getHandler()));
  },
};

for (const Guard of [VerifiedMobileGuard, VerifiedMobileControllerGuard]) {
  Injectable()(Guard);
  Inject(ROUTE_GUARDS)(Guard, undefined, 0);
}

export function isGuardedItself(handler: Decorated): boolean {
  return listOf(GUARDS_METADATA, handler).includes(VerifiedMobileGuard);
}

/** What to do where there is no HTTP request to guard. */
export function notHttp(name: string): Error {
  return misconfigured(
    `@RequireVerifiedMobile() guards the HTTP routes of controllers, and ${name} is none. For messages, GraphQL and ` +
      'WebSockets call createGuard() of @verified-mobile/core in the handler.',
  );
}
