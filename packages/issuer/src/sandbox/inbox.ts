import { randomUUID } from 'node:crypto';
import type { SmsTransport } from '../domain/sms-route.ts';
import { failureOf, LATE_SECONDS, TEMPLATE_NOT_MATCHED } from './failing-mobiles.ts';

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
  /** Lets the late messages arrive whose time has come: after each step of the clock. */
  readonly arriveDue: () => void;
}

/** How a provider or an operator refuses an SMS on purpose. */
export class SmsRefusedOnPurpose extends Error {
  override readonly name = 'SmsRefusedOnPurpose';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const MOST_MESSAGES = 1000;

/**
 * Keeps the newest 1000 messages. `onArrival` is told of each.
 *
 * @param clock must not go back
 */
export function createInbox(clock: () => number, onArrival: (message: InboxMessage) => void): Inbox {
  const messages: InboxMessage[] = [];
  const late: { readonly message: InboxMessage; readonly dueAt: number }[] = [];
  const arrive = (message: InboxMessage): void => {
    messages.push(message);
    if (messages.length > MOST_MESSAGES) messages.shift();
    onArrival(message);
  };
  const arriveDue = (): void => {
    while (late[0] !== undefined && late[0].dueAt <= clock()) arrive(late.shift()!.message);
  };
  const delay = (message: InboxMessage): void => {
    late.push({ message, dueAt: clock() + LATE_SECONDS * 1000 });
    // A timer may be early by a millisecond, and the message would wait for the next step of the clock.
    setTimeout(arriveDue, LATE_SECONDS * 1000 + 1).unref();
  };
  return {
    async deliver({ to, text }) {
      const message = { id: randomUUID(), to, text, sentAt: new Date(clock()).toISOString() };
      const failure = failureOf(to);
      if (failure === 'refused')
        throw new SmsRefusedOnPurpose('refused', 'The provider refuses every SMS to this mobile.');
      if (failure === 'unregistered') {
        throw new SmsRefusedOnPurpose(TEMPLATE_NOT_MATCHED, 'The text is not that of the registered template.');
      }
      if (failure === 'late') delay(message);
      else if (failure !== 'lost') arrive(message);
      if (failure === 'unanswered') return new Promise(() => {});
      return { outcome: 'accepted', messageId: message.id };
    },
    messages(mobile) {
      arriveDue();
      return messages.filter(({ to }) => mobile === undefined || to === mobile).toReversed();
    },
    arriveDue,
  };
}
