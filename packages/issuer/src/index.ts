/** The issuer half of verified-mobile: sends OTPs, verifies them, and signs the tokens that guards accept. */
export type { Challenge } from './domain/challenge.ts';
export type { EventReason, IssuerEvent } from './domain/events.ts';
export type { ConversionGuard, Limits } from './domain/limits.ts';
export type { OtpStore } from './domain/otp-store.ts';
export type { IssuerFault, SmsMessage, SmsTransport } from './domain/ports.ts';
export { IssuerError, type IssuerErrorCode } from './errors.ts';
export { createIssuer } from './setup/create-issuer.ts';
export type {
  AnsweredRequest,
  Connection,
  Environment,
  Issuer,
  IssuerAccount,
  IssuerOptions,
  Ledger,
  Reloadable,
} from './setup/options.ts';
export { memoryOtpStore, type MemoryOtpStoreOptions } from './store/memory-otp-store.ts';
export { generateSigningKey, type SigningAlgorithm, type SigningKey } from './tokens/signing-keys.ts';
