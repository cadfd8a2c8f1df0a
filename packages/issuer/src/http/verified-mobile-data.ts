import type { VerifiedMobileData } from '@verified-mobile/client';
import { wireMobile } from '../domain/wire-values.ts';
import type { RequestContext } from './request-context.ts';

/** `data` of a verified code and of a valid token. */
export function verifiedMobileData(
  context: RequestContext,
  token: string,
  { clientRefId, mobile }: { clientRefId: string; mobile: string },
): VerifiedMobileData {
  return {
    client_ref_id: clientRefId,
    otp_verification_token: token,
    initiator_id: context.get('account').initiatorId,
    mobile: wireMobile(mobile),
    tid: context.get('tid'),
  };
}
