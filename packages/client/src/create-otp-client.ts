import { getMessage, sendOtp, validateToken, verifyOtp } from './endpoints.ts';
import { type OtpClientOptions, resolveOptions } from './options.ts';
import type { OtpClient } from './otp-client.ts';

/**
 * A client of the Mobile OTP Verification API, Eko's or our issuer's.
 *
 * @example
 * ```ts
 * const otp = createOtpClient({ developerKey, accessKey, initiatorId, environment: 'production' });
 * const { otpExpiresAt } = await otp.sendOtp({ mobile, cspId });
 * const { token } = await otp.verifyOtp({ mobile, otp: '134021' });
 * ```
 * @throws {OtpApiError} `invalid_configuration`: a browser, or an option that is missing, contradictory or impossible
 */
export function createOtpClient(options: OtpClientOptions): OtpClient {
  // Held by the functions only: an object that held the settings would show the keys when it is logged.
  const settings = resolveOptions(options);
  return Object.freeze<OtpClient>({
    sendOtp: async (request, given) => sendOtp(settings, request, given),
    verifyOtp: async (request, given) => verifyOtp(settings, request, given),
    validateToken: async (token, given) => validateToken(settings, token, given),
    getMessage: async (tid, given) => getMessage(settings, tid, given),
  });
}
