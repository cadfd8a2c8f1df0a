import { isUtf8 } from 'node:buffer';

/** A token taken apart but not yet believed: nothing here has been verified. */
export interface UnverifiedToken {
  readonly text: string;
  readonly header: JsonObject;
  readonly payload: JsonObject;
}

export type JsonObject = Readonly<Record<string, unknown>>;

const MAX_TOKEN_LENGTH = 4096;

// The last character of a part may carry bits that decoders ignore. Only the spelling with those bits zero is taken:
// otherwise one signed token has many spellings.
const PART = '((?:[\\w-]{4})*(?:[\\w-]{4}|[\\w-][AQgw]|[\\w-]{2}[AEIMQUYcgkosw048]))';
const THREE_CANONICAL_PARTS = new RegExp(`^${PART}\\.${PART}\\.${PART}$`);

/**
 * Takes a compact JWS (RFC 7515, section 7.1) apart.
 *
 * @returns `undefined` for anything but three canonical base64url parts of at most 4 KiB, the first two JSON objects
 */
export function decodeUnverifiedToken(text: string): UnverifiedToken | undefined {
  if (text.length > MAX_TOKEN_LENGTH) return undefined;
  const parts = THREE_CANONICAL_PARTS.exec(text);
  if (parts === null) return undefined;
  const header = parseJsonObject(parts[1]!);
  const payload = header && parseJsonObject(parts[2]!);
  return header && payload && { text, header, payload };
}

function parseJsonObject(part: string): JsonObject | undefined {
  const bytes = Buffer.from(part, 'base64url');
  if (!isUtf8(bytes)) return undefined;
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member the sender wrote. What an object inherits, such as `constructor`, is never a claim. */
export function ownMember(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
