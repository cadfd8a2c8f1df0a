import { sealSend } from '../domain/sealed-send.ts';
import type { HandOverAttempt, Settlement } from '../domain/outbox.ts';
import { IssuerError } from '../lib/errors.ts';
import type { Ended, Entry } from './entry.ts';
import type { HandedOver } from './hand-over.ts';
import { Lane, type Place } from './lane.ts';
import { endLate } from './late-end.ts';
import type { OwnNode } from './own-node.ts';
import type { DeliveryParts } from './parts.ts';
import { recordReceipt } from './receipts.ts';
import { WaitingLine } from './waiting-line.ts';

type Choice = { readonly room: 'room'; readonly lane: Lane } | { readonly room: 'busy' } | { readonly room: 'down' };

/** After an outage of the outbox. */
const RETRY_MS = 500;

/**
 * Hands each message that this node holds to the first route that has room for it, and to the next one if that refuses. It
 * is handed over only when the outbox says so: this node may be taken for dead at any moment.
 */
export class Dispatcher {
  readonly #parts: DeliveryParts;
  readonly #own: OwnNode;
  readonly #lanes: readonly Lane[];
  readonly #line: WaitingLine;
  readonly #underWay = new Set<Promise<void>>();
  #isClosing = false;

  constructor(parts: DeliveryParts, own: OwnNode) {
    this.#parts = parts;
    this.#own = own;
    const { routes, failuresToOpen, observe } = parts;
    const watch = {
      onChange: () => this.#line.advance(),
      onCircuit: (route: string, state: 'open' | 'closed') => observe({ kind: 'circuit', route, state }),
    };
    this.#lanes = routes.map((route) => new Lane(route, failuresToOpen, watch));
    for (const { name: route } of routes) observe({ kind: 'circuit', route, state: 'closed' });
    this.#line = new WaitingLine({
      lanes: this.#lanes,
      advance: (entry) => this.#advance(entry),
      onLength: (length) => observe({ kind: 'queue', length }),
    });
  }

  /**
   * Keeps a new message in the outbox, and begins to hand it over. Returns its end if it ended at once.
   *
   * @throws what the outbox throws; then it was not handed over, and will not be
   */
  async accept(entry: Entry): Promise<Ended | undefined> {
    const choice = this.#choose(entry);
    if (choice.room === 'down') return this.#refuse('No route takes an SMS at the moment: each failed several times.');
    const place = choice.room === 'room' ? choice.lane.take() : undefined;
    let isKept = false;
    try {
      isKept = await this.#enqueue(entry, choice);
    } finally {
      if (!isKept) place?.release(undefined);
    }
    if (!isKept) {
      const message = 'As many SMS wait for a route as the outbox holds.';
      return { ...this.#refuse(message, 'queue_full'), reason: 'queue-full' };
    }
    if (choice.room === 'room' && place) this.#begin(this.#handOver(entry, choice.lane, place));
    else this.wait(entry);
    return undefined;
  }

  /** For a message that the outbox has as queued by this node. */
  wait(entry: Entry): void {
    entry.isHandingOver = false;
    this.#line.add(entry);
    this.#advance(entry);
  }

  /** Hands nothing over any more; waits for what is under way. Returns what still waits. */
  async drain(): Promise<readonly Entry[]> {
    this.#isClosing = true;
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
    return this.#line.close();
  }

  stopTimers(): void {
    for (const lane of this.#lanes) lane.close();
  }

  /** This node holds the message, and was told not to hand it over any more. */
  async withdraw(entry: Entry): Promise<void> {
    const { outbox, clock } = this.#parts;
    let ended: Ended = { outcome: 'refused', reason: 'sms-refused' };
    try {
      const { outcome } = await outbox.withdraw(entry.id, this.#own.name, clock());
      if (outcome === 'expired' || outcome === 'taken') ended = { outcome };
    } catch (error) {
      this.#parts.reportFault({ during: 'delivery', error });
      this.#own.withdrawLater(entry.id);
    }
    await this.#end(entry, ended);
  }

  async #enqueue(entry: Entry, choice: Choice): Promise<boolean> {
    const { outbox, clock, peppers } = this.#parts;
    const { id, message, reservation, about } = entry;
    const [pepper = new Uint8Array()] = peppers();
    const { account, tid } = reservation;
    const kept = { id, account, tid, expiresAt: message.expiresAt, sealed: sealSend(entry, pepper) };
    const place = { node: this.#own.name, ...(choice.room === 'room' && { route: choice.lane.route.name }) };
    if (choice.room === 'room') entry.attempts = 1;
    await this.#own.live();
    try {
      const { outcome } = await outbox.enqueue({ ...kept, about: JSON.stringify(about) }, place, clock());
      return outcome === 'enqueued';
    } catch (error) {
      // Its command may run all the same, and another node would then find it.
      this.#own.withdrawLater(id);
      throw error;
    }
  }

  #choose({ tried, message }: Entry): Choice {
    const remainingMs = message.expiresAt - this.#parts.clock();
    let room: 'busy' | 'down' = 'down';
    for (const lane of this.#lanes) {
      if (tried.has(lane.route.name)) continue;
      const there = lane.roomFor(remainingMs);
      if (there === 'room') return { room: there, lane };
      if (there === 'busy') room = there;
    }
    return { room };
  }

  #advance(entry: Entry): void {
    // Without this an outbox that refuses at once would be asked without end.
    if (this.#isClosing || entry.notBefore > performance.now()) return;
    const isOver = entry.message.expiresAt <= this.#parts.clock();
    const choice: Choice = isOver ? { room: 'down' } : this.#choose(entry);
    if (choice.room === 'busy') return;
    this.#line.delete(entry);
    if (choice.room === 'down') this.#begin(this.withdraw(entry));
    else this.#begin(this.#beginHandOver(entry, choice.lane, choice.lane.take()));
  }

  async #beginHandOver(entry: Entry, lane: Lane, place: Place): Promise<void> {
    const { outbox, clock, reportFault } = this.#parts;
    entry.isHandingOver = true;
    entry.attempts += 1;
    const begun = { ...this.#attempt(entry, lane.route.name), tried: [...entry.tried] };
    try {
      const { outcome } = await outbox.begin(entry.id, begun, clock());
      if (outcome === 'begun') return await this.#handOver(entry, lane, place);
      place.release(undefined);
      await this.#end(
        entry,
        outcome === 'forgotten' ? this.#refuse('The outbox forgot an SMS that waited.') : { outcome },
      );
    } catch (error) {
      reportFault({ during: 'delivery', error });
      place.release(undefined);
      entry.notBefore = performance.now() + RETRY_MS;
      this.wait(entry);
    }
  }

  async #handOver(entry: Entry, lane: Lane, place: Place): Promise<void> {
    const { handOver, smsTimeoutMs, clock } = this.#parts;
    entry.isHandingOver = true;
    const remainingMs = entry.message.expiresAt - clock();
    const timeoutMs = Math.max(1, Math.min(smsTimeoutMs, remainingMs));
    const result = await handOver(lane.route, entry.message, timeoutMs);
    const route = lane.route.name;
    if (result.outcome === 'refused') return this.#passOn(entry, { route, result, place });
    const { outcome: state, ...named } = result;
    this.#begin(this.#settle(entry, route, { state, ...named }));
    place.release(result);
    return this.#end(entry, { outcome: state, route, ...named });
  }

  /** Refused by one route: the next one, later, or not at all. */
  async #passOn(entry: Entry, refused: { route: string; result: Refused; place: Place }): Promise<void> {
    const { route, result, place } = refused;
    const { operatorCode, reason, error } = result;
    if (reason !== 'throttled') entry.tried.add(route);
    // The circuit learns of it before another choice is made.
    place.release(result);
    const choice: Choice = this.#isClosing ? { room: 'busy' } : this.#choose(entry);
    const code = operatorCode === undefined ? {} : { operatorCode };
    if (reason !== 'throttled' || choice.room === 'down') this.#parts.reportFault({ during: 'send-sms', error });
    if (choice.room === 'down') {
      this.#begin(this.#settle(entry, route, { state: 'refused', ...code }));
      return this.#end(entry, { outcome: 'refused', reason: 'sms-refused', route, ...code });
    }
    if (reason !== 'throttled') this.#recordRefusal(entry, route, code);
    if (choice.room === 'room') return this.#beginHandOver(entry, choice.lane, choice.lane.take());
    await this.#settleAsQueued(entry, route);
    this.wait(entry);
  }

  /** Once: said later it would be of a hand-over that is over. Unsaid, the message is unknown if this node is killed. */
  async #settleAsQueued(entry: Entry, route: string): Promise<void> {
    const { outbox, clock, reportFault } = this.#parts;
    const settlement = { state: 'queued', tried: [...entry.tried] } as const;
    try {
      await outbox.settle(entry.id, this.#attempt(entry, route), settlement, clock());
    } catch (error) {
      reportFault({ during: 'delivery', error });
      entry.notBefore = performance.now() + RETRY_MS;
    }
  }

  #attempt({ attempts: attempt }: Entry, route: string): HandOverAttempt {
    return { node: this.#own.name, route, attempt };
  }

  #recordRefusal({ about }: Entry, route: string, code: { operatorCode?: string }): void {
    const { emit, clock } = this.#parts;
    emit({ at: clock(), kind: 'delivery', ...about, outcome: 'refused', reason: 'sms-refused', route, ...code });
  }

  /** What the outbox is told of a hand-over; again when it is back. A node that is gone by then leaves it unknown. */
  async #settle(entry: Entry, route: string, settlement: Settlement): Promise<void> {
    const attempt = this.#attempt(entry, route);
    await this.#own.untilDone(async () => {
      const { outbox, clock } = this.#parts;
      const settled = await outbox.settle(entry.id, attempt, settlement, clock());
      if (settled.receipt) recordReceipt(entry.about, route, settled.receipt, this.#parts);
    });
  }

  async #end(entry: Entry, ended: Ended): Promise<void> {
    const { waiter } = entry;
    entry.waiter = undefined;
    if (waiter) waiter(ended);
    else await endLate(entry, ended, this.#parts);
  }

  #refuse(message: string, code: 'sms_refused' | 'queue_full' = 'sms_refused'): Extract<Ended, { outcome: 'refused' }> {
    this.#parts.reportFault({ during: 'send-sms', error: new IssuerError(code, message) });
    return { outcome: 'refused', reason: 'sms-refused' };
  }

  #begin(work: Promise<void>): void {
    const done = work
      .catch((error: unknown) => this.#parts.reportFault({ during: 'delivery', error }))
      .finally(() => void this.#underWay.delete(done));
    this.#underWay.add(done);
  }
}

type Refused = Extract<HandedOver, { outcome: 'refused' }>;
