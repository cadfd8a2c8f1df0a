import { ResponseType } from '@verified-mobile/client';
import { reportUsage } from '../domain/usage.ts';
import type { Runtime } from '../setup/runtime.ts';
import { successEnvelope } from './envelope.ts';
import { USAGE_FIELDS } from './fields.ts';
import { readCall } from './read-call.ts';
import type { RequestContext } from './request-context.ts';

const DEFAULT_DAYS = '31';

/** What the account has used (ours). Only OTPs sent are billed. */
export function usageCall(runtime: Runtime): (context: RequestContext) => Promise<Response> {
  const { store, clock } = runtime.options;
  return async (context) => {
    const call = readCall(context, runtime, USAGE_FIELDS, ResponseType.none);
    if (call.outcome === 'refused') return call.response;
    const { initiator_id, days = DEFAULT_DAYS } = call.fields;
    const report = await reportUsage(context.get('account').id, Number(days), store, clock());
    return context.json(successEnvelope(ResponseType.none, 'Usage', { initiator_id, ...report }));
  };
}
