import type { MiddlewareHandler } from 'hono';
import { refuseRequest } from './envelope.ts';
import type { RequestEnvironment } from './request-context.ts';

const LARGEST_BODY_BYTES = 16 * 1024;

/**
 * Reads a JSON body of at most 16 KiB. Not Hono's `bodyLimit`: that builds a new `Request` from a chunked one, which
 * throws on Node unless the server has replaced the global `Request`.
 */
export const readJsonBody: MiddlewareHandler<RequestEnvironment> = async (context, next) => {
  const mediaType = context.req.header('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') return refuseRequest(context, 'wrongContentType');
  const text = await readText(context.req.raw);
  if (text === undefined) return refuseRequest(context, 'bodyTooLarge');
  context.set('body', parseObject(text));
  return next();
};

/** Reads the whole text at once if its length is declared: a stream of chunks takes three times as long. */
async function readText(request: Request): Promise<string | undefined> {
  const declared = Number(request.headers.get('content-length') ?? Infinity);
  if (declared > LARGEST_BODY_BYTES) return readChunks(request);
  const text = await request.text();
  // Not every host holds a body to its declared length.
  return Buffer.byteLength(text) > LARGEST_BODY_BYTES ? undefined : text;
}

async function readChunks(request: Request): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > LARGEST_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
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
