export type { MobileProofOptions } from './options.ts';
export { OtpError } from './otp-error.ts';
export { OtpInput } from './otp-input.ts';
export type { OtpSession } from './otp-session.ts';
export type { OtpApproval, OtpProblem, OtpSent } from './otp-state.ts';
export { english, type OtpErrorCode, type OtpTexts } from './texts.ts';
export { withMobileProof } from './with-mobile-proof.ts';
