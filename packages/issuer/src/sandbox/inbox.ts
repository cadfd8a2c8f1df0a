import { randomUUID } from 'node:crypto';
import type { SmsTransport } from '../sms/sms-transport.ts';

export const INBOX_PATH = '/sandbox/messages';

/** An SMS that the sandbox kept instead of sending it. */
export interface InboxMessage {
  readonly id: string;
  /** E.164. */
  readonly to: string;
  readonly text: string;
  /** ISO 8601, UTC. */
  readonly sentAt: string;
}

export interface Inbox {
  readonly deliver: SmsTransport;
  /** Newest first; to every mobile if none is named. */
  readonly messages: (mobile?: string) => readonly InboxMessage[];
}

/** Mobiles that fail on purpose, E.164. */
export const FAILING_MOBILES = {
  /** The operator refuses the SMS: Send OTP answers that it could not be sent. */
  refused: '+916000000001',
  /** The SMS is accepted, and never arrives. */
  lost: '+916000000002',
} as const;

const MOST_MESSAGES = 1000;

/** The newest 1000 messages; older ones are forgotten. */
export function createInbox(clock: () => number): Inbox {
  const messages: InboxMessage[] = [];
  return {
    async deliver({ to, text }) {
      if (to === FAILING_MOBILES.refused) throw new Error('This mobile refuses every SMS.');
      const id = randomUUID();
      if (to === FAILING_MOBILES.lost) return { outcome: 'accepted', messageId: id };
      messages.push({ id, to, text, sentAt: new Date(clock()).toISOString() });
      if (messages.length > MOST_MESSAGES) messages.shift();
      return { outcome: 'accepted', messageId: id };
    },
    messages: (mobile) => messages.filter(({ to }) => mobile === undefined || to === mobile).toReversed(),
  };
}
