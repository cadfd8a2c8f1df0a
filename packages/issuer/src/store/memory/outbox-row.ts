import type { OutboxEntry, OutboxMessage, OutboxState } from '../../domain/outbox.ts';
import type { SmsReceipt } from '../../domain/sms-route.ts';

export type Receipt = Omit<SmsReceipt, 'messageId'>;

/** One message, from its first state to its last. */
export interface Row {
  readonly message: Omit<OutboxMessage, 'sealed'>;
  /** Empty once it is wiped. */
  sealed: string;
  state: OutboxState;
  node: string;
  route: string | undefined;
  attempt: number;
  tried: readonly string[];
  isAnswered: boolean;
  readonly queuedAt: number;
  handedOverAt: number | undefined;
  endedAt: number | undefined;
  messageId: string | undefined;
  operatorCode: string | undefined;
  receipt: (Receipt & { readonly at: number }) | undefined;
}

/** What is told of a message. */
export function entryOf(row: Row): OutboxEntry {
  const { state, queuedAt, message } = row;
  const { route, handedOverAt, endedAt, messageId, operatorCode, receipt } = row;
  return {
    state,
    queuedAt,
    about: message.about,
    expiresAt: message.expiresAt,
    ...(route !== undefined && { route }),
    ...(handedOverAt !== undefined && { handedOverAt }),
    ...(endedAt !== undefined && { endedAt }),
    ...(messageId !== undefined && { messageId }),
    ...(operatorCode !== undefined && { operatorCode }),
    ...(receipt !== undefined && { receipt }),
  };
}

export function keyOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}
