/**
 * Calls the Mobile OTP Verification API, Eko's or our issuer's: request signing, the messages, and a client that knows
 * what every answer means. No dependency.
 */
export { createOtpClient } from './create-otp-client.ts';
export { formatIstDate, parseIstDate } from './ist-date.ts';
export {
  MESSAGE_SIGNATURE_VERSION,
  messageSignatureFor,
  type OutgoingMessage,
  type SignedMessage,
  signedMessageHeaders,
} from './message-signature.ts';
export type { EkoEnvironment, OtpClientOptions } from './options.ts';
export { OtpApiError, type OtpApiErrorCode } from './errors.ts';
export type { CallOptions, OtpClient, OtpSent, SendOtp, VerifiedMobile, VerifyOtp } from './otp-client.ts';
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
