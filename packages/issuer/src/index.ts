/** The issuer half of verified-mobile: sends OTPs, verifies them, and signs the tokens that guards accept. */
export { createIssuer, type Issuer } from './create-issuer.ts';
export type { Challenge } from './domain/challenge.ts';
export type { LedgerHead } from './domain/checkpoint.ts';
export type {
  AnsweredRequest,
  DeliveryObservation,
  EventReason,
  IssuerEvent,
  MeasuredPart,
  Measurement,
} from './domain/events.ts';
export type { ConversionGuard, Limits } from './domain/limits.ts';
export type {
  Attempt,
  AttemptDecision,
  AttemptRefusal,
  ChallengeConsumption,
  ChallengeConsumptionResult,
  CommitResult,
  DayUsage,
  OtpStore,
  SendDecision,
  SendReservation,
  SendWait,
  StoreVerb,
} from './domain/otp-store.ts';
export type {
  HandOverAttempt,
  HandOverBegun,
  NotHeld,
  Outbox,
  OutboxEntry,
  OutboxMessage,
  OutboxPlace,
  OutboxState,
  ReceiptResult,
  Settled,
  Settlement,
  TakenOver,
} from './domain/outbox.ts';
export type { Quotas, QuotaSettings, SendCounts } from './domain/quotas.ts';
export type { IssuerFault, Ledger } from './domain/ports.ts';
export type { DltCategory, DltFields, SmsMessage, SmsPurpose } from './domain/sms-message.ts';
export type { ReceiptReading, SmsReceipt, SmsRefusal, SmsResult, SmsRoute, SmsTransport } from './domain/sms-route.ts';
export type { Connection } from './http/caller-address.ts';
export { IssuerError, type IssuerErrorCode } from './lib/errors.ts';
export type { Environment, IssuerAccount, IssuerOptions, Reloadable } from './setup/options.ts';
export type { Pepper } from './setup/peppers.ts';
export { memoryOtpStore, type MemoryOtpStoreOptions } from './store/memory/memory-otp-store.ts';
export { memoryOutbox, type MemoryOutboxOptions } from './store/memory/memory-outbox.ts';
export { generateSigningKey, type SigningAlgorithm, type SigningKey } from './tokens/signing-keys.ts';
