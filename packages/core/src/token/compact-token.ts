import { isUtf8 } from 'node:buffer';
import { isJsonObject, type JsonObject } from '../lib/json.ts';

/** A token taken apart but not yet believed: nothing here has been verified. */
export interface UnverifiedToken {
  readonly text: string;
  readonly header: JsonObject;
  readonly payload: JsonObject;
  /** What the signature is over: header and payload as they were sent. */
  readonly signedText: string;
  readonly signature: Buffer;
}

const MAX_TOKEN_LENGTH = 4096;

/**
 * Takes a compact JWS (RFC 7515, section 7.1) apart.
 *
 * @returns `undefined` for anything but three canonical base64url parts of at most 4 KiB, the first two JSON objects
 */
export function decodeUnverifiedToken(text: string): UnverifiedToken | undefined {
  if (text.length > MAX_TOKEN_LENGTH) return undefined;
  const firstDot = text.indexOf('.');
  const lastDot = text.lastIndexOf('.');
  if (firstDot === lastDot) return undefined;
  const header = parseHeader(text.slice(0, firstDot));
  const payload = header && parseJsonObject(decodeCanonical(text.slice(firstDot + 1, lastDot)));
  const signature = payload && decodeCanonical(text.slice(lastDot + 1));
  return signature && { text, header, payload, signedText: text.slice(0, lastDot), signature };
}

let lastHeader: { readonly part: string; readonly header: JsonObject | undefined } | undefined;

/** All tokens of one key have one header, to the letter: it is read when it changes. */
function parseHeader(part: string): JsonObject | undefined {
  if (lastHeader?.part !== part) lastHeader = { part, header: parseJsonObject(decodeCanonical(part)) };
  return lastHeader.header;
}

/**
 * Decoders pass over padding, white space, other alphabets and stray bits in the last character, so one signed token
 * would have many spellings. Only the one that an encoder writes is taken.
 */
function decodeCanonical(part: string): Buffer | undefined {
  const bytes = Buffer.from(part, 'base64url');
  return part !== '' && bytes.toString('base64url') === part ? bytes : undefined;
}

function parseJsonObject(bytes: Buffer | undefined): JsonObject | undefined {
  if (bytes === undefined || !isUtf8(bytes)) return undefined;
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
