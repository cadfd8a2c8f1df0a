import { ResponseType } from '@verified-mobile/client';
import type { OutboxEntry } from '../domain/outbox.ts';
import type { AboutSend } from '../domain/ports.ts';
import type { Runtime } from '../setup/runtime.ts';
import { refusalEnvelope, successEnvelope } from './envelope.ts';
import { MESSAGE_FIELDS } from './fields.ts';
import { readCall } from './read-call.ts';
import type { RequestContext } from './request-context.ts';

/**
 * What became of the SMS of an answer (ours), for who supports the customer. The mobile is masked, and there is no text: with
 * the account's key alone nobody learns a number or a code.
 */
export function messageCall(runtime: Runtime): (context: RequestContext) => Promise<Response> {
  return async (context) => {
    const call = readCall(context, runtime, MESSAGE_FIELDS, ResponseType.none);
    if (call.outcome === 'refused') return call.response;
    const tid = context.req.param('tid') ?? '';
    const entry = await runtime.delivery.find(context.get('account').id, tid);
    if (entry === undefined) {
      const message = 'No OTP of this account has this tid, or its SMS was sent more than 24 hours ago.';
      return context.json(refusalEnvelope(ResponseType.none, message));
    }
    const data = { tid, initiator_id: call.fields.initiator_id, ...messageData(entry) };
    return context.json(successEnvelope(ResponseType.none, 'Message', data));
  };
}

function messageData(entry: OutboxEntry): Record<string, string | undefined> {
  const { mobile, clientRefId } = JSON.parse(entry.about) as AboutSend;
  return {
    client_ref_id: clientRefId,
    mobile,
    state: entry.state,
    route: entry.route,
    message_id: entry.messageId,
    operator_code: entry.receipt?.operatorCode ?? entry.operatorCode,
    receipt: entry.receipt?.status,
    queued_at: isoOf(entry.queuedAt),
    handed_over_at: isoOf(entry.handedOverAt),
    ended_at: isoOf(entry.endedAt),
    receipt_at: isoOf(entry.receipt?.at),
    expires_at: isoOf(entry.expiresAt),
  };
}

function isoOf(instant: number | undefined): string | undefined {
  return instant === undefined ? undefined : new Date(instant).toISOString();
}
