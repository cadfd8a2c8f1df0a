import { randomInt } from 'node:crypto';
import {
  formatIstDate,
  ResponseStatus,
  ResponseType,
  type SendOtpData,
  type VerifiedMobileData,
} from '@verified-mobile/client';
import type { Context } from 'hono';
import type { Ports } from '../domain/ports.ts';
import { sendOtp } from '../domain/send-otp.ts';
import { validateToken } from '../domain/validate-token.ts';
import { verifyOtp } from '../domain/verify-otp.ts';
import type { Account } from '../setup/accounts.ts';
import type { CallerEnvironment } from './authenticate.ts';
import { refusalEnvelope, successEnvelope } from './envelope.ts';
import { CLIENT_REF_ID, type FieldRule, MOBILE, OTP, readFields, TEN_DIGITS, TOKEN } from './fields.ts';
import type { BodyEnvironment } from './json-body.ts';

const SEND_FIELDS = { initiator_id: TEN_DIGITS, csp_id: TEN_DIGITS, mobile: MOBILE, client_ref_id: CLIENT_REF_ID };
const VERIFY_FIELDS = { initiator_id: TEN_DIGITS, otp: OTP, mobile: MOBILE };
const VALIDATE_FIELDS = { initiator_id: TEN_DIGITS, otp_verification_token: TOKEN };
const COUNTRY_CODE = '+91';

/** Send OTP. */
export function sendOtpCall(ports: Ports): (context: Context<BodyEnvironment>) => Promise<Response> {
  return async (context) => {
    const account = context.get('account');
    const call = readCall(account, context.get('body'), SEND_FIELDS);
    if (!call.ok) return context.json(refusalEnvelope(ResponseType.otpSent, call.message, call.status));

    const { initiator_id, client_ref_id, mobile } = call.fields;
    const { id: tenant, senderSignature } = account;
    const result = await sendOtp({ tenant, mobile, clientRefId: client_ref_id, senderSignature }, ports);
    if (!result.sent) {
      return context.json(refusalEnvelope(ResponseType.otpSent, 'OTP could not be sent. Please try again.'));
    }
    const otp_expiry_timestamp = formatIstDate(result.expiresAt);
    const data: SendOtpData = { client_ref_id, initiator_id, otp_expiry_timestamp, tid: newTransactionId() };
    return context.json(successEnvelope(ResponseType.otpSent, 'OTP has been sent', data));
  };
}

/** Verify OTP. */
export function verifyOtpCall(ports: Ports): (context: Context<BodyEnvironment>) => Promise<Response> {
  return async (context) => {
    const account = context.get('account');
    const call = readCall(account, context.get('body'), VERIFY_FIELDS);
    if (!call.ok) return context.json(refusalEnvelope(ResponseType.otpVerification, call.message, call.status));

    const { initiator_id, mobile, otp: code } = call.fields;
    const { id: tenant, audience } = account;
    const result = await verifyOtp({ tenant, mobile, code, audience, initiatorId: initiator_id }, ports);
    if (!result.verified) {
      return context.json(refusalEnvelope(ResponseType.otpVerification, 'OTP verification failed.'));
    }
    const data: VerifiedMobileData = {
      client_ref_id: result.clientRefId,
      otp_verification_token: result.token,
      initiator_id,
      mobile: wireMobile(mobile),
      tid: newTransactionId(),
    };
    return context.json(successEnvelope(ResponseType.otpVerification, 'OTP verification successful.', data));
  };
}

/** Validate Token. */
export function validateTokenCall(ports: Ports): (context: Context<CallerEnvironment>) => Promise<Response> {
  return async (context) => {
    const account = context.get('account');
    const call = readCall(account, context.req.query(), VALIDATE_FIELDS);
    if (!call.ok) return context.json(refusalEnvelope(ResponseType.tokenRefused, call.message, call.status));

    const { initiator_id, otp_verification_token } = call.fields;
    const { audience } = account;
    const request = { token: otp_verification_token, audience, initiatorId: initiator_id };
    const reading = await validateToken(request, ports);
    if (reading.outcome !== 'valid') {
      const fate = reading.outcome === 'timed-out' ? 'has timed out' : 'is invalid';
      return context.json(refusalEnvelope(ResponseType.tokenRefused, `The OTP verification token ${fate}.`));
    }
    const data: VerifiedMobileData = {
      client_ref_id: reading.claims.clientRefId,
      otp_verification_token,
      initiator_id,
      mobile: wireMobile(reading.claims.mobile),
      tid: newTransactionId(),
    };
    return context.json(successEnvelope(ResponseType.tokenValid, 'OTP verification token is valid.', data));
  };
}

type CallReading<Name extends string> =
  | { ok: true; fields: Record<Name, string> }
  | { ok: false; message: string; status: number };

/** The fields of one call, if they are as they must be and the caller speaks for itself. */
function readCall<Name extends string>(
  account: Account,
  source: Readonly<Record<string, unknown>> | undefined,
  rules: Readonly<Record<Name | 'initiator_id', FieldRule>>,
): CallReading<Name | 'initiator_id'> {
  if (source === undefined) {
    return { ok: false, message: 'The body must be a JSON object.', status: ResponseStatus.failure };
  }
  const reading = readFields(source, rules);
  if (!reading.ok) return { ...reading, status: ResponseStatus.failure };
  if (reading.fields.initiator_id === account.initiatorId) return reading;
  const message = 'User not found: initiator_id is not registered for this developer_key.';
  return { ok: false, message, status: ResponseStatus.userNotFound };
}

/** `tid`: ten digits, new for each answered call. */
function newTransactionId(): string {
  return String(randomInt(1e9, 1e10));
}

/** The wire writes ten digits. */
function wireMobile(mobile: string): string {
  return mobile.slice(COUNTRY_CODE.length);
}
