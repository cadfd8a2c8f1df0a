import type { SmsTransport } from '@verified-mobile/issuer';
import type { Submitter } from '../link/submitter.ts';
import { refused } from '../link/submit-result.ts';
import { partsOf } from './parts.ts';
import { canBeWritten, submitBody, type SubmitSettings } from './submit-body.ts';

export interface SendSettings extends SubmitSettings {
  readonly longMessages: 'udh' | 'payload';
}

/** @param answeredId the id as receipts name it, or nothing if no receipt can */
export function messageSender(
  settings: SendSettings,
  submitter: Submitter,
  answeredId: (id: string) => string | undefined,
): SmsTransport {
  let reference = Math.floor(Math.random() * 256);
  const nextReference = (): number => (reference = (reference + 1) % 256);
  return async (message, { signal }) => {
    const parts = canBeWritten(message) ? partsOf(message.text, settings.longMessages, nextReference) : undefined;
    if (parts === undefined) return refused('message', 0, 'unwritable');
    const bodies = parts.map((part, index) => () => submitBody(message, part, index === parts.length - 1, settings));
    const result = await submitter.submit(bodies, signal);
    if (result.outcome === 'refused') return result;
    if (result.outcome === 'unanswered') return { outcome: 'unknown' };
    const messageId = answeredId(result.messageId);
    return { outcome: 'accepted', ...(messageId === undefined ? {} : { messageId }) };
  };
}
