import { ResponseType } from '@verified-mobile/client';
import { consumeToken, type ConsumeTokenResult } from '../domain/consume-token.ts';
import { validateToken } from '../domain/validate-token.ts';
import { wireMobile } from '../domain/wire-values.ts';
import type { Runtime } from '../setup/runtime.ts';
import { refusalEnvelope, refuseRequest, successEnvelope } from './envelope.ts';
import { CONSUME_FIELDS, VALIDATE_FIELDS } from './fields.ts';
import { readCall } from './read-call.ts';
import { portsOf, type RequestContext } from './request-context.ts';
import { verifiedMobileData } from './verified-mobile-data.ts';

type Call = (context: RequestContext) => Promise<Response>;

const REFUSALS: Readonly<Record<Exclude<ConsumeTokenResult['outcome'], 'consumed' | 'unavailable'>, string>> = {
  'timed-out': 'The OTP verification token has timed out.',
  invalid: 'The OTP verification token is invalid.',
  used: 'The OTP verification token was used before.',
  'other-transaction': 'The OTP verification token was not given for this transaction.',
};

/** Validate Token, by GET as published and by POST, which keeps the token out of access logs. */
export function validateTokenCall(runtime: Runtime): Call {
  return async (context) => {
    const call = readCall(context, runtime, VALIDATE_FIELDS, ResponseType.tokenRefused);
    if (call.outcome === 'refused') return call.response;
    const { initiator_id: initiatorId, otp_verification_token: token } = call.fields;
    const { id: account, audience } = context.get('account');
    const reading = await validateToken({ account, token, audience, initiatorId }, portsOf(context, runtime));
    if (reading.outcome !== 'valid') {
      return context.json(refusalEnvelope(ResponseType.tokenRefused, REFUSALS[reading.outcome]));
    }
    const data = verifiedMobileData(context, token, reading.claims);
    return context.json(successEnvelope(ResponseType.tokenValid, 'OTP verification token is valid.', data));
  };
}

/** Consume Token (ours): for services that have no guard. */
export function consumeTokenCall(runtime: Runtime): Call {
  return async (context) => {
    const call = readCall(context, runtime, CONSUME_FIELDS, ResponseType.tokenRefused);
    if (call.outcome === 'refused') return call.response;
    const { initiator_id: initiatorId, otp_verification_token: token, transaction, idempotency_key } = call.fields;
    const { id: account, audience } = context.get('account');
    const request = { account, token, audience, initiatorId, transaction, idempotencyKey: idempotency_key };
    const result = await consumeToken(request, portsOf(context, runtime));
    if (result.outcome === 'unavailable') return refuseRequest(context, 'internal');
    if (result.outcome !== 'consumed') {
      return context.json(refusalEnvelope(ResponseType.tokenRefused, REFUSALS[result.outcome]));
    }
    const { claims, proofId, retry } = result;
    const data = {
      client_ref_id: claims.clientRefId,
      initiator_id: initiatorId,
      mobile: wireMobile(claims.mobile),
      proof_id: proofId,
      retry,
      tid: context.get('tid'),
    };
    return context.json(successEnvelope(ResponseType.tokenValid, 'OTP verification token has been consumed.', data));
  };
}
