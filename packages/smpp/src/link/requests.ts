import type { Pdu } from '../wire/read-pdu.ts';

const LAST_SEQUENCE = 0x7fff_ffff;

interface Request {
  readonly command: string;
  readonly until: number;
  readonly settle: (answer: Pdu | undefined) => void;
}

/** What one connection has asked and the peer has not answered, by sequence number. One timer for all of it. */
export class Requests {
  readonly #timeoutMs: number;
  readonly #onLate: (command: string) => void;
  /** In the order of their deadlines, as they all have the same time. */
  readonly #open = new Map<number, Request>();
  #sequence: number;
  #timer: NodeJS.Timeout | undefined;
  #submits = 0;

  /** @param onLate after a request was given up */
  constructor(timeoutMs: number, onLate: (command: string) => void, firstSequence = 1) {
    this.#timeoutMs = timeoutMs;
    this.#onLate = onLate;
    this.#sequence = firstSequence - 1;
  }

  /** How many messages are under way. */
  get submits(): number {
    return this.#submits;
  }

  get isEmpty(): boolean {
    return this.#open.size === 0;
  }

  /** A number that no open request has: the peer answers by it alone. */
  nextSequence(): number {
    do this.#sequence = this.#sequence >= LAST_SEQUENCE ? 1 : this.#sequence + 1;
    while (this.#open.has(this.#sequence));
    return this.#sequence;
  }

  /** The answer, or nothing if there is none in time or the connection ends. */
  async answerTo(sequence: number, command: string): Promise<Pdu | undefined> {
    return new Promise((settle) => {
      this.#open.set(sequence, { command, until: performance.now() + this.#timeoutMs, settle });
      if (command === 'submit_sm') this.#submits += 1;
      if (this.#timer === undefined) this.#giveUpAfter(this.#timeoutMs);
    });
  }

  /** Takes an answer in. One that nobody waits for is late: what it says was counted as unknown long ago. */
  answer(pdu: Pdu): void {
    const request = this.#open.get(pdu.sequence);
    if (request === undefined) return;
    if (pdu.command !== `${request.command}_resp` && pdu.command !== 'generic_nack') return;
    this.#settle(pdu.sequence, request, pdu);
  }

  /** The connection has ended: no answer comes any more. */
  end(): void {
    clearTimeout(this.#timer);
    for (const [sequence, request] of this.#open) this.#settle(sequence, request, undefined);
  }

  #settle(sequence: number, request: Request, answer: Pdu | undefined): void {
    this.#open.delete(sequence);
    if (request.command === 'submit_sm') this.#submits -= 1;
    request.settle(answer);
  }

  #giveUpAfter(milliseconds: number): void {
    // Where this process stood still, answers may have come in time: what the socket holds is read before they are missed.
    this.#timer = setTimeout(() => void setImmediate(() => this.#giveUpLate()), milliseconds).unref();
  }

  #giveUpLate(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const [sequence, request] of this.#open) {
      // Timers may fire a fraction of a millisecond early.
      if (request.until > now + 1) return this.#giveUpAfter(request.until - now);
      this.#settle(sequence, request, undefined);
      this.#onLate(request.command);
    }
  }
}
