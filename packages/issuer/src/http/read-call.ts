import { ResponseStatus } from '@verified-mobile/client';
import type { z } from 'zod';
import type { Runtime } from '../setup/runtime.ts';
import { refusalEnvelope } from './envelope.ts';
import { readFields } from './fields.ts';
import { recordRefusal, type RequestContext } from './request-context.ts';

export type CallReading<Fields> =
  | { readonly outcome: 'read'; readonly fields: Fields }
  | { readonly outcome: 'refused'; readonly response: Response };

/** The fields of one call, if they are valid and the caller names itself as the initiator. */
export function readCall<Shape extends z.ZodRawShape & { initiator_id: z.ZodString }>(
  context: RequestContext,
  runtime: Runtime,
  schema: z.ZodObject<Shape>,
  responseType: number,
): CallReading<z.infer<z.ZodObject<Shape>>> {
  const refuse = (message: string, status: number, reason: 'bad-request' | 'foreign-initiator') => {
    recordRefusal(context, runtime, { reason });
    return { outcome: 'refused' as const, response: context.json(refusalEnvelope(responseType, message, status)) };
  };
  const isQuery = context.req.method === 'GET' || context.req.method === 'HEAD';
  const source = isQuery ? context.req.query() : context.get('body');
  if (source === undefined) return refuse('The body must be a JSON object.', ResponseStatus.failure, 'bad-request');
  const reading = readFields(source, schema);
  if (reading.outcome === 'refused') return refuse(reading.message, ResponseStatus.failure, 'bad-request');
  const { initiator_id } = reading.fields as { initiator_id: string };
  if (initiator_id === context.get('account').initiatorId) return reading;
  const message = 'User not found: initiator_id is not registered for this developer_key.';
  return refuse(message, ResponseStatus.userNotFound, 'foreign-initiator');
}
