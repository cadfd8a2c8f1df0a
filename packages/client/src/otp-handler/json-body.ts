import { misconfigured } from '../errors.ts';
import { readText } from '../read-text.ts';
import type { ProblemName } from './problems.ts';

const LARGEST_BODY_BYTES = 16 * 1024;

export function isJson({ headers }: Request): boolean {
  return headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() === 'application/json';
}

export type BodyReading =
  | { readonly outcome: 'read'; readonly body: Readonly<Record<string, unknown>> }
  | { readonly outcome: 'refused'; readonly problem: ProblemName };

/** @throws {OtpApiError} `invalid_configuration`: something has read the body already */
export async function readJsonBody(request: Request): Promise<BodyReading> {
  if (request.bodyUsed) {
    throw misconfigured('The body was read before otpHandler(). Mount it before what reads it, or hand it a clone().');
  }
  const text = await readText(request, LARGEST_BODY_BYTES);
  if (text === undefined) return { outcome: 'refused', problem: 'tooLarge' };
  const body = parseObject(text);
  return body === undefined ? { outcome: 'refused', problem: 'noObject' } : { outcome: 'read', body };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? { ...value } : undefined;
  } catch {
    // The parser's own error quotes the text.
    return undefined;
  }
}
