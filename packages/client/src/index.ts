/**
 * Calls the Mobile OTP Verification API, Eko's or our issuer's: request signing, the messages, a client that knows what
 * every answer means, and the handler through which customers' browsers reach it.
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
export type { CallOptions, OtpClient, OtpSent, SendOtp, SentMessage, VerifiedMobile, VerifyOtp } from './otp-client.ts';
export type { OtpHandlerFault } from './otp-handler/faults.ts';
export type { OtpCustomer, OtpHandlerOptions, OtpTransaction } from './otp-handler/options.ts';
export { type OtpHandler, otpHandler } from './otp-handler/otp-handler.ts';
export type { OtpProblemCode } from './otp-handler/problems.ts';
export type { RateLimiter, RateLimiters } from './otp-handler/rate-limit.ts';
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
