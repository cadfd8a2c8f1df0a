import { type Pdu, textOf } from '../wire/read-pdu.ts';
import { ESME_ROK, meaningOf, type StatusMeanings } from '../wire/statuses.ts';
import type { PduBody } from '../wire/write-pdu.ts';
import type { Session } from './session.ts';
import { type MakeBody, SubmitQueue, type Waiting } from './submit-queue.ts';
import { EXPIRED, refused, type SubmitResult, UNANSWERED } from './submit-result.ts';
import type { Throttle } from './throttle.ts';

export interface SubmitterSettings {
  /** Parts of messages under way at once. */
  readonly window: number;
  readonly statuses: StatusMeanings;
}

/** What messages go over. */
export interface Way {
  /** The session that is bound, if one is. */
  readonly session: Session | undefined;
  readonly isConnecting: boolean;
  readonly retryInMs: number;
  start(): void;
}

/** Hands messages to the session, never more at once than the provider has room for, and none twice. */
export class Submitter {
  readonly #settings: SubmitterSettings;
  readonly #way: Way;
  readonly #throttle: Throttle;
  readonly #onThrottled: (status: number) => void;
  readonly #queue = new SubmitQueue();
  #isClosed = false;
  #onDrained: (() => void) | undefined;

  constructor(settings: SubmitterSettings, way: Way, throttle: Throttle, onThrottled: (status: number) => void) {
    this.#settings = settings;
    this.#way = way;
    this.#throttle = throttle;
    this.#onThrottled = onThrottled;
  }

  /**
   * Submits the parts of a message one after the other: one that is wrong is wrong in its first part, and then nothing of
   * it was sent. Accepted if all of them are, with the id of the last one.
   */
  async submit(parts: readonly MakeBody[], signal: AbortSignal): Promise<SubmitResult> {
    this.#way.start();
    if (signal.aborted) return refused('unavailable', 0);
    const refusal = this.#refusal();
    if (refusal !== undefined) return refusal;
    if (this.#queue.isFull) return refused('throttled', 0);
    return new Promise((resolve) => {
      const settle = (result: SubmitResult): void => {
        signal.removeEventListener('abort', onAbort);
        resolve(result);
      };
      const waiting: Waiting = { parts, accepted: 0, settle };
      // Once it is written, the provider may have it whatever happens here.
      const onAbort = (): void => settle(this.#queue.remove(waiting) ? refused('unavailable', 0) : UNANSWERED);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#queue.add(waiting);
      this.pump();
    });
  }

  /** Writes what there is room for. */
  pump(): void {
    for (let session = this.#room; session !== undefined; session = this.#room) {
      const waiting = this.#queue.take();
      if (waiting === undefined) return;
      const body = waiting.parts[waiting.accepted]?.();
      if (body === undefined) waiting.settle(refusalOf(waiting, EXPIRED));
      else void this.#write(session, body, waiting);
    }
  }

  /** Nothing can be sent for a while. What was not written may be sent another way. */
  refuseWaiting(): void {
    const refusal = this.#refusal();
    if (refusal === undefined) return;
    this.#queue.refuseFresh(refusal);
    if (!this.#canFinish) this.#queue.giveUpBegun();
  }

  /** Takes nothing any more, and waits for the answers to what is under way. */
  async close(deadlineMs: number): Promise<void> {
    this.#isClosed = true;
    this.refuseWaiting();
    if (this.#isDrained) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, deadlineMs);
      this.#onDrained = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  get #isDrained(): boolean {
    return (this.#way.session?.submits ?? 0) === 0;
  }

  /** Whether a message that has begun may go on: a pause or `close()` would leave half of it on the phone. */
  get #canFinish(): boolean {
    return this.#way.session?.isOpen === true;
  }

  /** The session, if it has room. */
  get #room(): Session | undefined {
    const { session } = this.#way;
    return this.#canFinish && session !== undefined && session.submits < this.#settings.window ? session : undefined;
  }

  /** Why nothing new is taken in at the moment. */
  #refusal(): SubmitResult | undefined {
    if (this.#isClosed) return refused('unavailable', 0);
    const { session, isConnecting, retryInMs } = this.#way;
    if (session === undefined && !isConnecting) return refused('unavailable', retryInMs);
    if (session?.isSuspect === true) return refused('unavailable', 0);
    const { remainingMs } = this.#throttle;
    return remainingMs > 0 ? refused('throttled', remainingMs) : undefined;
  }

  async #write(session: Session, body: PduBody, waiting: Waiting): Promise<void> {
    const answer = await session.request('submit_sm', body);
    this.#take(waiting, answer);
    this.refuseWaiting();
    this.pump();
    if (this.#isDrained) this.#onDrained?.();
  }

  #take(waiting: Waiting, answer: Pdu | undefined): void {
    const { parts, accepted, settle } = waiting;
    if (answer === undefined) return settle(UNANSWERED);
    if (answer.status !== ESME_ROK) return settle(refusalOf(waiting, this.#refusalBy(answer.status)));
    if (accepted + 1 < parts.length) return this.#queue.add({ parts, accepted: accepted + 1, settle });
    settle({ outcome: 'accepted', messageId: textOf(answer, 'message_id') });
  }

  #refusalBy(status: number): SubmitResult {
    const { reason, operatorCode } = meaningOf(status, this.#settings.statuses);
    if (reason !== 'throttled') return refused(reason, 0, operatorCode);
    if (this.#throttle.pause() === 'first') this.#onThrottled(status);
    return refused(reason, this.#throttle.remainingMs, operatorCode);
  }
}

/** What is refused in the middle may arrive in part. */
function refusalOf({ accepted }: Waiting, refusal: SubmitResult): SubmitResult {
  return accepted > 0 ? UNANSWERED : refusal;
}
