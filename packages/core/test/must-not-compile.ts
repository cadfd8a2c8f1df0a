/** Each line must be refused by the compiler: a line that compiles is an error of this file. */
import {
  createGuard,
  hmacSecret,
  jwks,
  publicKey,
  rememberedProof,
  type TrustedIssuer,
  validateToken,
} from '@verified-mobile/core';

const keys = jwks('https://otp.test/jwks.json');

// @ts-expect-error a misspelt option
createGuard({ maxAge: 60 });
// @ts-expect-error a text is never sniffed for what it is
createGuard({ issuers: { issuer: 'https://otp.test', audience: 'payouts', keys: 'secret' } });
// @ts-expect-error leaving the audience out must be written as null
createGuard({ issuers: { issuer: 'https://otp.test', keys } });
// @ts-expect-error text is no secret: bytes are
hmacSecret('a secret that is long enough to be one', 'HS256');
// @ts-expect-error an HMAC algorithm does not go with a public key
publicKey('-----BEGIN PUBLIC KEY-----', 'HS256');
// @ts-expect-error `none` is no algorithm
hmacSecret(new Uint8Array(32), 'none');
// @ts-expect-error a store answers with an outcome, not with a boolean
createGuard({ replayStore: { scope: 'shared', consume: async () => Promise.resolve(true) } });
const verdict = await createGuard().decide({ request: {} });
// @ts-expect-error only a request that passed has a proof
void verdict.proof;
// @ts-expect-error nor has one that was merely not refused
if (verdict.outcome !== 'refused') void verdict.proof;
// @ts-expect-error keys answer with an outcome, not with a boolean
createGuard({ issuers: { issuer: null, audience: null, keys: { accepts: () => true, authenticate: () => true } } });
const token = await validateToken('a token', []);
// @ts-expect-error a validated token was not consumed: it did not pass
void (token.outcome === 'passed');
// @ts-expect-error whom to trust cannot be undefined
const nobody: TrustedIssuer = { issuer: undefined, audience: null, keys };
// @ts-expect-error a proof cannot be changed
rememberedProof(nobody).mobile = '+919876543210';
