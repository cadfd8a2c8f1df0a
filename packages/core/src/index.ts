/**
 * The guard: validates an `otp_verification_token`, decides, and consumes it once. No framework, no network client.
 *
 * Behind Express, Koa, Fastify, Hono or NestJS use the adapter of that name; `createGuard` is for everything else.
 */
export { transactionHash } from './token/transaction.ts';
export type { Clock } from './lib/clock.ts';
export { VerifiedMobileError, type VerifiedMobileErrorCode } from './lib/errors.ts';
export { createGuard, type Guard, type Verdict } from './guard/create-guard.ts';
export type { DecisionEvent } from './guard/decision-event.ts';
export { type Environment, issuersFromEnvironment } from './guard/environment.ts';
export type { GuardOptions } from './guard/options.ts';
export { nodeHeaders, type NodeRequest, type Presentation, type TokenSource } from './guard/presentation.ts';
export type { RefusalCode, RefusalReason } from './guard/refusal-codes.ts';
export { type Proof, rememberedProof, rememberProof, showProof } from './guard/proof.ts';
export type { Refusal } from './guard/refusals.ts';
export type { HmacAlgorithm, PublicKeyAlgorithm } from './keys/algorithms.ts';
export { hmacSecret } from './keys/hmac-secret.ts';
export { jwks, type JwksOptions } from './keys/jwks.ts';
export { publicKey } from './keys/public-key.ts';
export {
  type RemoteAnswer,
  type RemoteValidate,
  remoteValidation,
  type RemoteValidationOptions,
} from './keys/remote-validation.ts';
export type { ShadowEvent, ShadowOpinion } from './keys/shadow.ts';
export type { Authenticity, TokenKeys } from './token/token-keys.ts';
export { maskMobile, normaliseMobile } from './lib/mobile.ts';
export { memoryReplayStore, type MemoryReplayStoreOptions } from './replay/memory-replay-store.ts';
export type { ConsumeResult, ReplayStore, TokenUse } from './replay/replay-store.ts';
export type { ValidatedToken } from './token/claims.ts';
export type { TrustedIssuer } from './token/trusted-issuer.ts';
export { type TokenVerdict, validateToken, type ValidateTokenOptions } from './token/validate.ts';
export type { TokenRefusalCode } from './token/refusal.ts';
