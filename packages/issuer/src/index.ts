/** The issuer half of verified-mobile: sends OTPs, verifies them, and signs the tokens that guards accept. */
export type { Challenge } from './domain/challenge.ts';
export type { ChallengeStore, IssuerFault, SmsMessage, SmsTransport } from './domain/ports.ts';
export { IssuerError, type IssuerErrorCode } from './errors.ts';
export { createIssuer } from './setup/create-issuer.ts';
export type { Issuer, IssuerAccount, IssuerOptions } from './setup/options.ts';
export { memoryChallengeStore, type MemoryChallengeStoreOptions } from './store/memory-challenge-store.ts';
export { generateSigningKey } from './tokens/signing-keys.ts';
