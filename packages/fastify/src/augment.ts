import type { Proof } from '@verified-mobile/core';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by `requireVerifiedMobile()`. Another plugin could set it too: handlers use `getVerifiedMobile(request)`. */
    verifiedMobile?: Proof;
  }
}
