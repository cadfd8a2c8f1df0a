import type { ReceiptReading, SmsRoute } from '../domain/sms-route.ts';
import { IssuerError } from '../lib/errors.ts';
import { within } from '../lib/within.ts';
import type { Runtime } from '../setup/runtime.ts';
import { refuseRequest } from './envelope.ts';
import { readBytes } from './json-body.ts';
import type { RequestContext } from './request-context.ts';

const LARGEST_BODY_BYTES = 256 * 1024;
const READ_WITHIN_MS = 5_000;

/**
 * A provider's receipts. No account signs them: the route's `readReceipts` checks the secret that it shares with its provider.
 * The provider is answered when they are kept, and with 500 if they cannot be: then it sends them again.
 */
export function receiptsCall(runtime: Runtime): (context: RequestContext) => Promise<Response> {
  const { delivery } = runtime;
  return async (context) => {
    const route = delivery.route(context.req.param('route') ?? '');
    if (route?.readReceipts === undefined) return refuseRequest(context, 'wrongUrl');
    const request = await withWholeBody(context.req.raw);
    if (request === undefined) return refuseRequest(context, 'bodyTooLarge');
    const reading = await within(read(route, request), READ_WITHIN_MS, () => {
      throw new IssuerError('not_ready', `readReceipts of route ${route.name} gave no answer in ${READ_WITHIN_MS} ms.`);
    });
    const receipts = reading.outcome === 'read' ? reading.receipts : [];
    await Promise.all(receipts.map(async (receipt) => delivery.receive(route.name, receipt)));
    return reading.response;
  };
}

async function read(route: SmsRoute, request: Request): Promise<ReceiptReading> {
  return route.readReceipts!(request);
}

/** The same request, with a body that was read: whoever sends an endless one must not keep a reader busy. */
async function withWholeBody(request: Request): Promise<Request | undefined> {
  const { method, headers, url } = request;
  if (method === 'GET') return new Request(url, { headers });
  const body = await readBytes(request, LARGEST_BODY_BYTES);
  return body && new Request(url, { method, headers, body: Buffer.from(body) });
}
