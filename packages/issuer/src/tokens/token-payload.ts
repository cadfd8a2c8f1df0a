import type { JWTPayload } from 'jose';
import type { TokenClaims } from '../domain/ports.ts';
import { mobileFromWire, wireMobile } from '../domain/wire-values.ts';

const TOKEN_LIFETIME_SECONDS = 300;

/** The claims as a token writes them. */
export function writePayload(issuer: string, claims: TokenClaims, tokenId: string, now: number): JWTPayload {
  const iat = Math.floor(now / 1000);
  const { transactionHash } = claims;
  return {
    iss: issuer,
    aud: claims.audience,
    iat,
    exp: iat + TOKEN_LIFETIME_SECONDS,
    jti: tokenId,
    mobile: wireMobile(claims.mobile),
    amr: ['otp', 'sms'], // RFC 8176
    client_id: claims.account, // RFC 8693, section 4.3
    client_ref_id: claims.clientRefId,
    initiator_id: claims.initiatorId,
    // OpenID for Verifiable Presentations, section 5.1 and appendix B.3.3.
    ...(transactionHash && { transaction_data_hashes: [transactionHash], transaction_data_hashes_alg: 'sha-256' }),
  };
}

/**
 * The claims of a payload whose signature, issuer and dates were checked. jose checks that claims are there, not what
 * they are: `jti: ""`, `aud: [..]` and `exp` a year away all pass it.
 *
 * @returns `undefined` unless every claim is in the form that {@link writePayload} writes
 */
export function readPayload(
  payload: JWTPayload,
  audience: string,
): { claims: TokenClaims; tokenId: string } | undefined {
  const { aud, iat, exp, jti, client_id: account, client_ref_id: clientRefId, initiator_id: initiatorId } = payload;
  if (aud !== audience || !Number.isSafeInteger(iat) || exp !== Number(iat) + TOKEN_LIFETIME_SECONDS) return undefined;
  if (!isText(account) || !isText(jti) || !isText(clientRefId) || !isText(initiatorId)) return undefined;
  const mobile = mobileFromWire(payload['mobile']);
  const transactionHash = readTransactionHash(payload['transaction_data_hashes']);
  if (mobile === undefined || transactionHash === undefined) return undefined;
  return { claims: { account, mobile, audience, clientRefId, initiatorId, transactionHash }, tokenId: jti };
}

function readTransactionHash(hashes: unknown): string | undefined {
  if (hashes === undefined) return '';
  return Array.isArray(hashes) && hashes.length === 1 && isText(hashes[0]) ? hashes[0] : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
