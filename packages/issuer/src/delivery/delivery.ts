import type { CommitResult } from '../domain/otp-store.ts';
import type { OutboxEntry } from '../domain/outbox.ts';
import type { Delivered, SmsOrder } from '../domain/ports.ts';
import type { SmsReceipt, SmsRoute } from '../domain/sms-route.ts';
import { IssuerError } from '../lib/errors.ts';
import { within } from '../lib/within.ts';
import { Dispatcher } from './dispatcher.ts';
import { type Ended, type Entry, newEntry, reservedAt } from './entry.ts';
import { OwnNode } from './own-node.ts';
import type { DeliveryParts } from './parts.ts';
import { receive } from './receipts.ts';
import { startTakingOver } from './take-over.ts';

/** Brings SMS to their routes, and keeps what became of them. */
export interface Delivery {
  /**
   * Hands an SMS over, and waits for its end, `smsTimeoutMs` at most.
   *
   * @throws what the outbox throws; then the SMS was not handed over, and will not be
   */
  readonly deliver: (order: SmsOrder) => Promise<Delivered>;
  /** What became of the message of an answer; `undefined` if the account has none, or had it more than 24 hours ago. */
  readonly find: (account: string, tid: string) => Promise<OutboxEntry | undefined>;
  /** Rejects what the outbox cannot keep. */
  readonly receive: (route: string, receipt: SmsReceipt) => Promise<void>;
  readonly route: (name: string) => SmsRoute | undefined;
  /** Rejects if the outbox cannot be written, or no route can hand anything over. */
  readonly ready: () => Promise<void>;
  /** Takes nothing new, waits for the hand-overs under way, leaves what waits to other nodes, and closes the routes. */
  readonly close: () => Promise<void>;
}

/** Less than `/ready` takes at most. */
const ROUTE_READY_WITHIN_MS = 1_500;
const ROUTE_CLOSES_WITHIN_MS = 2_000;
/** A hand-over and the wait for it have one deadline: that of the hand-over may come a moment later. */
const SAME_DEADLINE_MS = 200;

export function createDelivery(parts: DeliveryParts): Delivery {
  const { outbox, routes, reportFault, smsTimeoutMs } = parts;
  const own = new OwnNode(parts);
  const dispatcher = new Dispatcher(parts, own);
  const stopTakingOver = startTakingOver(parts, own, dispatcher);
  listenForReceipts(parts);
  let isClosed = false;
  return {
    async deliver(order) {
      if (isClosed) throw new IssuerError('draining', 'The issuer was closed.');
      const entry = newEntry(order);
      const end = waitForEnd(entry);
      const ended = (await dispatcher.accept(entry)) ?? (await end.within(smsTimeoutMs));
      return ended === undefined ? answerEarly(entry, own.name, parts) : deliveredAs(ended);
    },
    find: async (account, tid) => outbox.find(account, tid),
    receive: async (route, receipt) => receive(route, receipt, parts),
    route: (name) => routes.find((route) => route.name === name),
    async ready() {
      await Promise.all([outbox.ready?.(), anyRouteReady(routes)]);
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      stopTakingOver();
      const left = await within(dispatcher.drain(), smsTimeoutMs + SAME_DEADLINE_MS, () => []);
      if (outbox.scope === 'shared') await outbox.leave(own.name).catch((error: unknown) => fault(error));
      else for (const entry of left) await dispatcher.withdraw(entry);
      dispatcher.stopTimers();
      await Promise.all(routes.map(async (route) => closeRoute(route, fault)));
    },
  };

  function fault(error: unknown): void {
    reportFault({ during: 'delivery', error });
  }
}

const goOn = (): void => {};

/** Waits for the end of an entry from now on; it may come before the outbox has answered. */
function waitForEnd(entry: Entry): { readonly within: (timeoutMs: number) => Promise<Ended | undefined> } {
  let end: Ended | undefined;
  const ended = new Promise<void>((resolve) => {
    entry.waiter = (told) => {
      end = told;
      resolve();
    };
  });
  return {
    async within(timeoutMs) {
      await within(ended, timeoutMs, goOn);
      if (end === undefined && entry.isHandingOver) await within(ended, SAME_DEADLINE_MS, goOn);
      // In one step: an end that comes from now on is a late one, and the caller counts as answered.
      entry.waiter = undefined;
      entry.isAnswered = end === undefined;
      return end;
    },
  };
}

/** Whoever has taken the message over commits it. */
const BY_ANOTHER_NODE: CommitResult = { outcome: 'committed' };

/** The caller is told that it is sent, though it waits or is being handed over. */
function answerEarly(entry: Entry, node: string, { outbox, store, reportFault }: DeliveryParts): Delivered {
  const { isHandingOver } = entry;
  const mayCommit = async (): Promise<boolean> => {
    try {
      const { outcome } = await outbox.markAnswered(entry.id, node);
      // What was being handed over is committed by no other node.
      return outcome === 'marked' || isHandingOver || entry.isHandingOver;
    } catch (error) {
      reportFault({ during: 'delivery', error });
      return true;
    }
  };
  const commit = async (): Promise<CommitResult> =>
    (await mayCommit()) ? store.commitSend(entry.reservation, reservedAt(entry)) : BY_ANOTHER_NODE;
  const committing = commit();
  entry.committing = committing;
  return { outcome: isHandingOver ? 'under-way' : 'queued', committing };
}

function deliveredAs(ended: Ended): Delivered {
  if (ended.outcome === 'taken') return { outcome: 'queued', committing: Promise.resolve(BY_ANOTHER_NODE) };
  return ended.outcome === 'expired' ? { outcome: 'refused', reason: 'expired' } : ended;
}

function listenForReceipts(parts: DeliveryParts): void {
  for (const route of parts.routes) {
    route.onReceipt?.((receipt) => {
      receive(route.name, receipt, parts).catch((error: unknown) => parts.reportFault({ during: 'delivery', error }));
    });
  }
}

/** One that is down is no reason to send nothing: balancers would take every node out at once. */
async function anyRouteReady(routes: readonly SmsRoute[]): Promise<void> {
  try {
    await Promise.any(routes.map(async (route) => within(readyOf(route), ROUTE_READY_WITHIN_MS, lateRoute)));
  } catch (error) {
    const [cause] = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
    throw new IssuerError('not_ready', 'No route can hand over an SMS at the moment.', { cause });
  }
}

async function readyOf(route: SmsRoute): Promise<void> {
  await route.ready?.();
}

function lateRoute(): never {
  throw new IssuerError('not_ready', `A route gave no answer in ${ROUTE_READY_WITHIN_MS} ms.`);
}

async function closeRoute(route: SmsRoute, fault: (error: unknown) => void): Promise<void> {
  try {
    await within(Promise.resolve(route.close?.()), ROUTE_CLOSES_WITHIN_MS, () => undefined);
  } catch (error) {
    fault(error);
  }
}
