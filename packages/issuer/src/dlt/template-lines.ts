import type { DltTemplate } from './registry.ts';
import { countSegments } from './segments.ts';
import { render, type VariableBinding } from './template.ts';
import { VALUE_SHAPES } from './values.ts';

/** How long a message to an app may be (Android SMS Retriever). */
export const RETRIEVER_BYTES = 140;

const WEB_OTP_LINE = /^@\S+ #/;
/** First 11 characters of the base64 of a SHA-256. */
const RETRIEVER_HASH = /^[A-Za-z0-9+/]{11}$/;

/** Whether a line reads as the one of WebOTP, whatever is wrong with it. */
export function looksLikeWebOtp(line: string): boolean {
  return WEB_OTP_LINE.test(line);
}

export function isRetrieverHash(line: string): boolean {
  return RETRIEVER_HASH.test(line);
}

/** A message with the longest values that its variables take, or with usual ones. */
export function sample(
  { parts, variables }: Pick<DltTemplate, 'parts' | 'variables'>,
  which: 'longest' | 'typical',
): string {
  const limits = parts.filter((part) => part.kind === 'variable');
  return render(
    parts,
    variables.map((binding: VariableBinding, index) => VALUE_SHAPES[binding][which].slice(0, limits[index]?.maxLength)),
  );
}

/** As Android may count them: a GSM 03.38 character for a byte, though the air packs eight of them into seven. */
export function retrieverBytes(text: string): number {
  const { alphabet, units, bytes } = countSegments(text);
  return alphabet === 'gsm-7' ? units : bytes;
}
