import { createHmac } from 'node:crypto';
import { misconfigured } from './errors.ts';

/** The two keys of an account. They belong to one environment: sandbox keys are refused by production. */
export interface ApiKeys {
  /** Sent as it is, in `developer_key`. */
  readonly developerKey: string;
  /** Never sent: it keys the MAC in `secret-key`. */
  readonly accessKey: string;
}

/** From September 2001 to November 2286. */
const MILLISECONDS = /^[0-9]{13}$/;

/**
 * The `secret-key` of a request: base64 of HMAC-SHA256 over the timestamp, keyed with the base64 *text* of the access
 * key, not with the bytes that text stands for.
 *
 * @param accessKey the account's access key
 * @param timestamp milliseconds since the epoch as a decimal string, the same that goes into `secret-key-timestamp`
 */
export function secretKeyFor(accessKey: string, timestamp: string): string {
  return macOf(accessKey, timestamp);
}

export function macOf(accessKey: string, text: string): string {
  const key = Buffer.from(accessKey).toString('base64');
  return createHmac('sha256', key).update(text).digest('base64');
}

/**
 * The three headers that authenticate one request. The MAC covers the time only, not method, path or body:
 * `signedMessageHeaders` adds one that does.
 *
 * @param now milliseconds since the epoch. Default: this machine's clock
 * @throws {OtpApiError} `invalid_configuration`: a time in seconds, or no time
 */
export function signedHeaders(keys: ApiKeys, now: number = Date.now()): Record<string, string> {
  const timestamp = String(now);
  if (!MILLISECONDS.test(timestamp)) {
    throw misconfigured(
      'The time to sign must be whole milliseconds since the epoch, 13 digits. Multiply seconds by 1000.',
    );
  }
  return {
    developer_key: keys.developerKey,
    'secret-key': secretKeyFor(keys.accessKey, timestamp),
    'secret-key-timestamp': timestamp,
  };
}
