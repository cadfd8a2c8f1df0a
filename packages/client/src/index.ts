/**
 * The wire of the Mobile OTP Verification API: how a request is signed, and the messages both sides exchange.
 *
 * @example
 * ```ts
 * const response = await fetch(`${baseUrl}/tools/kyc/mobile/otp`, {
 *   method: 'POST',
 *   headers: { 'content-type': 'application/json', ...signedHeaders({ developerKey, accessKey }) },
 *   body: JSON.stringify({ initiator_id, csp_id, mobile } satisfies SendOtpRequest),
 * });
 * const answer = (await response.json()) as SendOtpAnswer;
 * ```
 */
export { formatIstDate } from './ist-date.ts';
export { type ApiKeys, secretKeyFor, signedHeaders } from './sign-request.ts';
export {
  type Envelope,
  ResponseStatus,
  ResponseType,
  type SendOtpAnswer,
  type SendOtpData,
  type SendOtpRequest,
  type ValidateTokenAnswer,
  type VerifiedMobileData,
  type VerifyOtpAnswer,
  type VerifyOtpRequest,
  WIRE_PATHS,
} from './wire.ts';
