import { EXCEPTION_FILTERS_METADATA, GUARDS_METADATA } from '@nestjs/common/constants.js';
import { HTTP_ONLY, VerifiedMobileControllerGuard, VerifiedMobileGuard } from './guard.ts';
import { type Decorated, listOf, setMetadata } from './metadata.ts';
import {
  GUARDED_METHODS_METADATA,
  overridden,
  type PlatformRequest,
  ROUTE_OPTIONS_METADATA,
  type RouteOptions,
  routeOptionsAt,
} from './options.ts';
import { RefusalFilter } from './refusal-filter.ts';

/**
 * Lets a request reach the route, or each route of the controller, only with an `otp_verification_token` that is fresh,
 * for this mobile, and not used before. Write it above the other decorators: a guard that would run after it, or a filter
 * that could answer in its place, stops the application at its start. The options of a route take the place of its
 * controller's, and those of the module's.
 *
 * @example
 * ```ts
 * @RequireVerifiedMobile({ transaction: (req) => transactionOf(req.body) })
 * @UseGuards(SessionGuard)
 * @Post('payouts')
 * pay(@VerifiedMobile() { mobile, proofId }: Proof) {
 *   …
 * }
 * ```
 */
export function RequireVerifiedMobile<Request = PlatformRequest>(
  options: RouteOptions<Request> = {},
): ClassDecorator & MethodDecorator {
  const decorate = (target: object, name?: string | symbol, descriptor?: PropertyDescriptor): void => {
    const place = (descriptor === undefined ? target : descriptor.value) as Decorated;
    const guard = descriptor === undefined ? VerifiedMobileControllerGuard : VerifiedMobileGuard;
    setMetadata(ROUTE_OPTIONS_METADATA, overridden<object>(routeOptionsAt(place), options), place);
    standLast(GUARDS_METADATA, [HTTP_ONLY, guard], place);
    standLast(EXCEPTION_FILTERS_METADATA, [RefusalFilter], place);
    if (descriptor !== undefined) standLast(GUARDED_METHODS_METADATA, [name], target.constructor);
  };
  return decorate;
}

/** Once, also where the class extends one that has it: a guard that runs twice finds the token used. */
function standLast(key: string, ours: readonly unknown[], place: Decorated): void {
  const others = listOf(key, place).filter((other) => !ours.includes(other));
  setMetadata(key, [...others, ...ours], place);
}
