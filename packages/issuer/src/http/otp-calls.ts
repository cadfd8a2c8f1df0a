import { formatIstDate, ResponseStatus, ResponseType, type SendOtpData } from '@verified-mobile/client';
import { openSends } from '../domain/limits.ts';
import type { SendWait } from '../domain/otp-store.ts';
import { sendOtp, type SendOtpResult } from '../domain/send-otp.ts';
import { verifyOtp } from '../domain/verify-otp.ts';
import type { Runtime } from '../setup/runtime.ts';
import { refusalEnvelope, successEnvelope } from './envelope.ts';
import { SEND_FIELDS, VERIFY_FIELDS } from './fields.ts';
import { readCall } from './read-call.ts';
import { portsOf, type RequestContext } from './request-context.ts';
import { verifiedMobileData } from './verified-mobile-data.ts';

type Call = (context: RequestContext) => Promise<Response>;

/** Send OTP. */
export function sendOtpCall(runtime: Runtime): Call {
  const { sendsPerMobileAndDay, conversionGuard, accountConversionGuard } = runtime.options;
  const common = { sendsPerMobileAndDay, conversionGuard, accountConversionGuard };
  return async (context) => {
    const call = readCall(context, runtime, SEND_FIELDS, ResponseType.otpSent);
    if (call.outcome === 'refused') return call.response;
    const { initiator_id, csp_id: cspId, client_ref_id: clientRefId, session_id: sessionId } = call.fields;
    const { mobile, transaction, language } = call.fields;
    const { id: account, codeDigits, limits, quotas } = context.get('account');
    const openSendsPerMobileAndDay = openSends(sendsPerMobileAndDay, runtime.inForce().accounts.size);
    const rules = { ...common, openSendsPerMobileAndDay, codeDigits, limits, quotas };
    const result = await sendOtp(
      { ...rules, account, mobile, cspId, clientRefId, sessionId, transaction, language },
      portsOf(context, runtime),
    );
    if (result.outcome !== 'sent') return answerUnsent(context, result);
    const data: SendOtpData = {
      client_ref_id: result.clientRefId,
      initiator_id,
      otp_expiry_timestamp: formatIstDate(result.expiresAt),
      tid: result.tid,
    };
    return context.json(successEnvelope(ResponseType.otpSent, 'OTP has been sent', data));
  };
}

function answerUnsent(context: RequestContext, result: Exclude<SendOtpResult, { outcome: 'sent' }>): Response {
  const refuse = (message: string, status?: number): Response =>
    context.json(refusalEnvelope(ResponseType.otpSent, message, status));
  switch (result.outcome) {
    case 'sms-refused':
      return refuse('OTP could not be sent. Please try again.');
    case 'unfit-field':
      return refuse(`${result.field} must be ${result.takes}.`);
    case 'reference-conflict':
      return refuse('client_ref_id was used for another request within the last 24 hours.');
    case 'over-budget':
      return refuse('OTP was not sent: insufficient balance.', ResponseStatus.insufficientBalance);
    case 'under-way':
    case 'wait': {
      const seconds = Math.ceil(result.retryAfterMs / 1000);
      context.header('retry-after', String(seconds));
      const cause =
        result.outcome === 'wait'
          ? `OTP was not sent: too many requests for this ${ofWhat(result.reason)}.`
          : 'OTP was not sent again: the first send of this client_ref_id has not ended, and its OTP may have arrived.';
      return refuse(`${cause} Try again in ${seconds} seconds.`);
    }
  }
}

/** A caller that reads "mobile" tries the next one, and must not if it is the account that has to wait. */
function ofWhat(reason: SendWait): string {
  if (reason.startsWith('agent-')) return 'csp_id';
  return reason.startsWith('account-') ? 'account' : 'mobile';
}

/** Verify OTP. */
export function verifyOtpCall(runtime: Runtime): Call {
  return async (context) => {
    const { id: account, audience, codeDigits, limits } = context.get('account');
    const call = readCall(context, runtime, VERIFY_FIELDS[codeDigits], ResponseType.otpVerification);
    if (call.outcome === 'refused') return call.response;
    const { initiator_id: initiatorId, mobile, otp: code, session_id: sessionId } = call.fields;
    const attempt = { account, mobile, code, sessionId, audience, initiatorId, limits };
    const result = await verifyOtp(attempt, portsOf(context, runtime));
    if (result.outcome === 'refused') {
      return context.json(refusalEnvelope(ResponseType.otpVerification, 'OTP verification failed.'));
    }
    const data = verifiedMobileData(context, result.token, { clientRefId: result.clientRefId, mobile });
    return context.json(successEnvelope(ResponseType.otpVerification, 'OTP verification successful.', data));
  };
}
