import { ResponseType } from '@verified-mobile/client';
import type { MiddlewareHandler } from 'hono';
import { z } from 'zod';
import { refusalEnvelope, refuseRequest } from '../http/envelope.ts';
import { readFields } from '../http/fields.ts';
import type { RequestContext, RequestEnvironment } from '../http/request-context.ts';

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);
const LONGEST_STEP_SECONDS = 86_400;

export const CLOCK_FIELDS: z.ZodObject<{ advanceSeconds: z.ZodNumber }> = z.object({
  advanceSeconds: z.int().min(1).max(LONGEST_STEP_SECONDS).describe(`a whole number from 1 to ${LONGEST_STEP_SECONDS}`),
});

/**
 * Lets programs through, and the pages of the sandbox itself, but no other page of the browser. A page says where it is
 * from in both headers, and cannot change them; a program has neither.
 */
export function fromOwnPages(publicUrl: string): MiddlewareHandler<RequestEnvironment> {
  return async (context, next) => {
    const site = context.req.header('sec-fetch-site') ?? 'same-origin';
    const origin = context.req.header('origin');
    if (site === 'same-origin' && (origin === undefined || isOwn(origin, publicUrl, context.req.url))) return next();
    return refuseRequest(context, 'forbidden', 'Another web page must not control the sandbox.');
  };
}

/** Not any origin that is the request's own: the name of a hostile page may be made to lead to this machine. */
function isOwn(origin: string, publicUrl: string, requestUrl: string): boolean {
  const { origin: requested, hostname } = new URL(requestUrl);
  return origin === publicUrl || (origin === requested && LOOPBACK.has(hostname));
}

/** Moves the clock as the body says. */
export function clockControl(advance: (seconds: number) => object): (context: RequestContext) => Response {
  return (context) => {
    const refuse = (message: string): Response => context.json(refusalEnvelope(ResponseType.none, message), 400);
    const body = context.get('body');
    if (body === undefined) return refuse('The body must be a JSON object, such as { "advanceSeconds": 60 }.');
    const reading = readFields(body, CLOCK_FIELDS);
    if (reading.outcome === 'refused') return refuse(reading.message);
    return context.json(advance(reading.fields.advanceSeconds));
  };
}
