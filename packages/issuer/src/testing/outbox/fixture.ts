import assert from 'node:assert/strict';
import { CODE_LIFETIME_MS } from '../../domain/challenge.ts';
import type { Outbox, OutboxMessage, OutboxState, Settlement } from '../../domain/outbox.ts';
import { newKey, START } from '../fixture.ts';

/** Adds one case to the suite; `outbox` asks another node's with every call. */
export type AddOutboxCase = (title: string, body: (outbox: Outbox) => Promise<void>) => void;

export const ROUTE = 'first';
export const OTHER_ROUTE = 'second';
export const END: number = START + CODE_LIFETIME_MS;
/** Longer than a case takes. */
export const LONG_MS = 600_000;

/** Its texts hold every character that a store could split at. */
export function newMessage(changes: Partial<OutboxMessage> = {}): OutboxMessage {
  return {
    id: newKey(),
    account: newKey(),
    tid: '2886978474',
    expiresAt: END,
    sealed: `sealed |,;: "'\\ {}`,
    about: `about |,;: "'\\ {}`,
    ...changes,
  };
}

/** Of a node that has never said that it lives: whoever likes may take over what it holds. */
export async function queued(
  outbox: Outbox,
  node: string,
  changes: Partial<OutboxMessage> = {},
): Promise<OutboxMessage> {
  const message = newMessage(changes);
  assert.deepEqual(await outbox.enqueue(message, { node }, START), { outcome: 'enqueued' });
  return message;
}

/** As it is at once if a route has room. */
export async function handingOver(outbox: Outbox, node: string): Promise<OutboxMessage> {
  const message = newMessage();
  assert.deepEqual(await outbox.enqueue(message, { node, route: ROUTE }, START), { outcome: 'enqueued' });
  return message;
}

export async function begin(
  outbox: Outbox,
  { id }: OutboxMessage,
  node: string,
  now: number = START,
  attempt = 1,
): Promise<string> {
  return (await outbox.begin(id, { node, route: ROUTE, attempt, tried: [] }, now)).outcome;
}

export async function settle(
  outbox: Outbox,
  { id }: OutboxMessage,
  node: string,
  settlement: Settlement,
  attempt = 1,
): Promise<string> {
  return (await outbox.settle(id, { node, route: ROUTE, attempt }, settlement, START + 1)).outcome;
}

export async function stateOf(outbox: Outbox, { account, tid }: OutboxMessage): Promise<OutboxState | undefined> {
  return (await outbox.find(account, tid))?.state;
}

export async function takeOver(outbox: Outbox, { id }: OutboxMessage, from: string, to: string): Promise<string> {
  return (await outbox.takeOver(id, { from, to }, START)).outcome;
}
