import type { MiddlewareHandler } from 'hono';
import { refuseRequest } from './envelope.ts';
import type { RequestEnvironment } from './request-context.ts';

const LARGEST_BODY_BYTES = 16 * 1024;

const decoder = new TextDecoder();

/**
 * Reads a JSON body of at most 16 KiB. Not Hono's `bodyLimit`: that builds a new `Request` from a chunked one, which
 * throws on Node unless the server has replaced the global `Request`.
 */
export const readJsonBody: MiddlewareHandler<RequestEnvironment> = async (context, next) => {
  const mediaType = context.req.header('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') return refuseRequest(context, 'wrongContentType');
  const bytes = await readBytes(context.req.raw, LARGEST_BODY_BYTES);
  if (bytes === undefined) return refuseRequest(context, 'bodyTooLarge');
  // Kept for the signature: the text of two bodies may be the same, with U+FFFD for whatever is no UTF-8.
  context.set('bodyBytes', bytes);
  context.set('body', parseObject(decoder.decode(bytes)));
  return next();
};

/**
 * Reads the whole body at once if its length is declared: a stream of chunks takes three times as long.
 *
 * @returns `undefined` if it is larger
 */
export async function readBytes(request: Request, largestBytes: number): Promise<Uint8Array | undefined> {
  const declared = Number(request.headers.get('content-length') ?? Infinity);
  if (declared > largestBytes) return readChunks(request, largestBytes);
  const bytes = new Uint8Array(await request.arrayBuffer());
  // Not every host holds a body to its declared length.
  return bytes.byteLength > largestBytes ? undefined : bytes;
}

async function readChunks(request: Request, largestBytes: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > largestBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
