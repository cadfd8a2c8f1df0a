import type { MiddlewareHandler } from 'hono';
import type { CallerEnvironment } from './authenticate.ts';
import { refuseRequest } from './envelope.ts';

const LARGEST_BODY_BYTES = 16 * 1024;

/** What a request has once its body was read. */
export interface BodyEnvironment {
  Variables: CallerEnvironment['Variables'] & {
    /** `undefined` where the body is not a JSON object. */
    body: Readonly<Record<string, unknown>> | undefined;
  };
}

/**
 * Reads a JSON body of at most 16 KiB. Not Hono's `bodyLimit`: that builds a new `Request` from a chunked one, which
 * throws on Node unless the server has replaced the global `Request`.
 */
export const readJsonBody: MiddlewareHandler<BodyEnvironment> = async (context, next) => {
  const mediaType = context.req.header('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') return refuseRequest(context, 'wrongContentType');
  const text = await readText(context.req.raw);
  if (text === undefined) return refuseRequest(context, 'bodyTooLarge');
  context.set('body', parseObject(text));
  return next();
};

async function readText(request: Request): Promise<string | undefined> {
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
