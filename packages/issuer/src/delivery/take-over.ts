import type { AboutSend } from '../domain/ports.ts';
import { openSend } from '../domain/sealed-send.ts';
import type { TakenOver } from '../domain/outbox.ts';
import { IssuerError } from '../lib/errors.ts';
import type { Dispatcher } from './dispatcher.ts';
import { type Entry, newEntry } from './entry.ts';
import { endLate } from './late-end.ts';
import { BEAT_MS, type OwnNode } from './own-node.ts';
import type { DeliveryParts } from './parts.ts';

/** Says that this node lives, and takes over what those hold that do not, again and again. Returns what ends it. */
export function startTakingOver(parts: DeliveryParts, own: OwnNode, dispatcher: Dispatcher): () => void {
  if (parts.outbox.scope === 'process') return () => {};
  let isBusy = false;
  let isStopped = false;
  const turn = async (): Promise<void> => {
    if (isBusy) return;
    isBusy = true;
    try {
      for (const gone of await own.beat()) if (!isStopped) await takeOverFrom(gone, { parts, own, dispatcher });
      await own.catchUp();
    } catch (error) {
      if (!isStopped) parts.reportFault({ during: 'delivery', error });
    } finally {
      isBusy = false;
    }
  };
  const timer = setInterval(() => void turn(), BEAT_MS).unref();
  void turn();
  return () => {
    isStopped = true;
    clearInterval(timer);
  };
}

interface Taker {
  readonly parts: DeliveryParts;
  readonly own: OwnNode;
  readonly dispatcher: Dispatcher;
}

async function takeOverFrom(gone: string, taker: Taker): Promise<void> {
  const { parts, own } = taker;
  for (const id of await parts.outbox.heldBy(gone)) {
    const taken = await parts.outbox.takeOver(id, { from: gone, to: own.name }, parts.clock());
    if (taken.outcome === 'lost') continue;
    // One that cannot be read must not hold up the others.
    await goOn(taken, taker).catch((error: unknown) => parts.reportFault({ during: 'delivery', error }));
    // Those that are alive already see to theirs, and so does this node to its sign of life.
    await own.live();
  }
}

async function goOn(taken: Exclude<TakenOver, { outcome: 'lost' }>, { parts, own, dispatcher }: Taker): Promise<void> {
  const about = JSON.parse(taken.about) as AboutSend;
  if (taken.outcome === 'unknown') {
    const where = taken.route === undefined ? {} : { route: taken.route };
    const { emit, clock } = parts;
    emit({ at: clock(), kind: 'delivery', ...about, outcome: 'accepted', reason: 'sms-unknown', ...where });
    return;
  }
  const entry = reopened(taken, about, parts);
  if (entry === undefined) return giveUp(taken.id, about, parts, own);
  if (taken.outcome === 'queued') dispatcher.wait(entry);
  else await endLate(entry, { outcome: 'expired' }, parts);
}

type Kept = Extract<TakenOver, { outcome: 'queued' | 'expired' }>;

function reopened(taken: Kept, about: AboutSend, { peppers }: DeliveryParts): Entry | undefined {
  const send = openSend(taken.sealed, taken.id, peppers());
  if (send === undefined) return undefined;
  const { isAnswered, attempts } = taken;
  const entry = { ...newEntry({ ...send, about }), isAnswered, attempts };
  for (const route of taken.tried) entry.tried.add(route);
  return entry;
}

/** Sealed under a pepper that is not in force here any more: it can be neither sent nor cancelled. */
async function giveUp(id: string, about: AboutSend, parts: DeliveryParts, own: OwnNode): Promise<void> {
  const { outbox, emit, clock, reportFault } = parts;
  const error = new IssuerError(
    'sms_refused',
    'An SMS that waited cannot be opened under any pepper that is in force.',
  );
  reportFault({ during: 'delivery', error });
  emit({ at: clock(), kind: 'delivery', ...about, outcome: 'refused', reason: 'unreadable' });
  await outbox.withdraw(id, own.name, clock());
}
