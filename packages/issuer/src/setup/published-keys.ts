import { misconfigured } from '../lib/errors.ts';
import type { Environment } from './options.ts';

/** The sandbox's keys: public, and the same in every sandbox. */
export const SANDBOX_DEVELOPER_KEY = 'sandbox-developer-key';
export const SANDBOX_ACCESS_KEY = 'sandbox-access-key';

/** What stands in the README where a key belongs. */
const PLACEHOLDERS: readonly string[] = ['…', 'at least 16 characters'];

/** Refuses a key that everybody can read: whoever copies an example would otherwise serve with its keys. */
export function refusePublishedKeys(name: string, keys: readonly string[], environment: Environment): void {
  const sandboxKeys = environment === 'sandbox' ? [] : [SANDBOX_DEVELOPER_KEY, SANDBOX_ACCESS_KEY];
  const published = new Set([...PLACEHOLDERS, ...sandboxKeys]);
  if (!keys.some((key) => published.has(key))) return;
  throw misconfigured(
    `${name} is published as an example, so anybody could sign with it. ` +
      "Make one with randomBytes(32).toString('base64url') of node:crypto.",
  );
}
