import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type Proof, rememberedProof } from '@verified-mobile/core';

/**
 * What this request has proven.
 *
 * @param request the platform's: what `@Req()` gives a handler, and `switchToHttp().getRequest()` an interceptor
 * @throws {VerifiedMobileError} `not_verified`: no guard let the request through
 */
export function getVerifiedMobile(request: object): Proof {
  return rememberedProof(request);
}

/**
 * Gives a parameter of a handler what the request has proven, a `Proof`. If no guard let the request through, the handler
 * does not run: `not_verified` goes to Nest's exception handling. With the option `when` a request may pass without a
 * proof: call `getVerifiedMobile(request)` in the handler then.
 */
export const VerifiedMobile: () => ParameterDecorator = createParamDecorator(
  (_data: unknown, context: ExecutionContext): Proof => getVerifiedMobile(context.switchToHttp().getRequest<object>()),
);
