import type { OtpSent, VerifiedMobile } from '../otp-client.ts';
import { isOtp } from '../require-arguments.ts';
import { answerFailure, unavailable } from './faults.ts';
import type { HandlerSettings, OtpCustomer, OtpTransaction } from './options.ts';
import { problem } from './problems.ts';
import { secondsToWait } from './rate-limit.ts';

type Settings = Pick<HandlerSettings<never>, 'client' | 'resendAfterSeconds' | 'rateLimiters' | 'report'>;

/** Sends an OTP for this very transaction, and tells the browser what it approves. */
export async function sendOtp(
  settings: Settings,
  customer: OtpCustomer,
  transaction: OtpTransaction | undefined,
): Promise<Response> {
  const limited = await waitOf('send', settings, customer);
  if (limited !== undefined) return limited;
  const { mobile, cspId } = customer;
  const bound = { ...sessionOf(customer), ...(transaction && { transaction: { ...transaction } }) };
  let sent: OtpSent;
  try {
    sent = await settings.client.sendOtp({ mobile, cspId, ...bound });
  } catch (error) {
    return answerFailure(error, 'send', settings.report);
  }
  return answer({
    expiresAt: sent.otpExpiresAt.getTime(),
    resendAfterSeconds: settings.resendAfterSeconds,
    ...(transaction && { approving: transaction }),
    mobile: `+91 ******${mobile.slice(-4)}`,
  });
}

/** Exchanges an OTP for its token. */
export async function verifyOtp(settings: Settings, customer: OtpCustomer, otp: unknown): Promise<Response> {
  if (!isOtp(otp)) return problem('noOtp');
  const limited = await waitOf('verify', settings, customer);
  if (limited !== undefined) return limited;
  let verified: VerifiedMobile;
  try {
    verified = await settings.client.verifyOtp({ mobile: customer.mobile, otp, ...sessionOf(customer) });
  } catch (error) {
    return answerFailure(error, 'verify', settings.report);
  }
  return answer({ otpVerificationToken: verified.token });
}

function sessionOf({ sessionId }: OtpCustomer): Pick<OtpCustomer, 'sessionId'> {
  return sessionId === undefined ? {} : { sessionId };
}

/** A limiter that cannot tell lets nobody through. */
async function waitOf(
  call: 'send' | 'verify',
  { rateLimiters, report }: Settings,
  { id, mobile }: OtpCustomer,
): Promise<Response | undefined> {
  try {
    const seconds = await secondsToWait(rateLimiters[call], id ?? mobile);
    return seconds === undefined ? undefined : problem('wait', seconds);
  } catch (error) {
    report({ during: 'rate-limit', error });
    return unavailable();
  }
}

function answer(body: object): Response {
  return Response.json(body, { headers: { 'Cache-Control': 'no-store' } });
}
