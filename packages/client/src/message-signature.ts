import { createHash, randomBytes } from 'node:crypto';
import { type ApiKeys, macOf, signedHeaders } from './sign-request.ts';

/** The first line of what a message signature covers. It changes with the meaning of any other. */
export const MESSAGE_SIGNATURE_VERSION = 'verified-mobile-message-signature-1';
const NONCE_BYTES = 16;

/** One request as it goes out. */
export interface OutgoingMessage {
  /** In capitals: `POST`. */
  readonly method: string;
  /** Path and query exactly as they are sent: `/ekoapi/v3/usage?initiator_id=9962981729`. */
  readonly target: string;
  /** The bytes of the body, or its text if it is sent as UTF-8; empty if there is none. */
  readonly body: string | Uint8Array;
}

/** All that a message signature covers. */
export interface SignedMessage extends OutgoingMessage {
  readonly developerKey: string;
  /** As in `secret-key-timestamp`. */
  readonly timestamp: string;
  /** As in `secret-key-nonce`. */
  readonly nonce: string;
}

/**
 * The `secret-key-signature` of a request (not published: our issuer's): base64 of HMAC-SHA256, keyed as `secret-key` is,
 * over seven lines with a line feed between them: version, developer key, method, target, timestamp, nonce, and the base64
 * of SHA-256 of the body. What it is for and what its parts are called is taken from RFC 9421, HTTP Message Signatures;
 * its form is not.
 *
 * @param accessKey the account's access key
 */
export function messageSignatureFor(accessKey: string, message: SignedMessage): string {
  const { developerKey, method, target, timestamp, nonce, body } = message;
  const digest = createHash('sha256').update(body).digest('base64');
  return macOf(
    accessKey,
    [MESSAGE_SIGNATURE_VERSION, developerKey, method, target, timestamp, nonce, digest].join('\n'),
  );
}

/**
 * The published headers and two more, which bind them to this one request: a nonce, and the signature over everything.
 * For one request only: an issuer that demands them refuses the same signature a second time.
 *
 * @param now milliseconds since the epoch. Default: this machine's clock
 * @throws {OtpApiError} `invalid_configuration`: a time in seconds, or no time
 */
export function signedMessageHeaders(
  keys: ApiKeys,
  message: OutgoingMessage,
  now: number = Date.now(),
): Record<string, string> {
  const { developerKey, accessKey } = keys;
  const nonce = randomBytes(NONCE_BYTES).toString('base64url');
  const signature = messageSignatureFor(accessKey, { ...message, developerKey, timestamp: String(now), nonce });
  return { ...signedHeaders(keys, now), 'secret-key-nonce': nonce, 'secret-key-signature': signature };
}
