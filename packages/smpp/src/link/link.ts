import { unavailable } from '@verified-mobile/core/store';
import type { Socket } from 'node:net';
import { ESME_ROK, isRefusedForGood } from '../wire/statuses.ts';
import type { Pdu } from '../wire/read-pdu.ts';
import type { PduBody } from '../wire/write-pdu.ts';
import { Backoff } from './backoff.ts';
import { bindRefused, bound, type LinkFault, lost, unreachable } from './faults.ts';
import { connected, type Endpoint, openSocket } from './open-socket.ts';
import { Session, type SessionEnd, type SessionSettings } from './session.ts';

export interface LinkSettings extends SessionSettings {
  readonly endpoint: Endpoint;
  /** `smpp://sms.example.in:2775`, for messages. */
  readonly address: string;
  readonly bind: { readonly command: string; readonly body: PduBody };
  readonly reconnectDelayMs: number;
  readonly longestReconnectDelayMs: number;
}

export interface LinkHandlers {
  readonly deliver: (pdu: Pdu) => number;
  /** Messages can be sent, at the start or again. */
  readonly onUp: () => void;
  /** No message can be sent before another try to connect. */
  readonly onDown: () => void;
  readonly report: (fault: LinkFault) => void;
}

/** Until an answer that old, the peer is taken to live: `/ready` may be asked many times a second. */
const FRESH_MS = 1_000;
const UNBIND_MS = 500;

interface Failure {
  readonly fault: LinkFault;
  readonly isForGood: boolean;
}

/** Keeps one session bound: connects, binds, and does so again whenever it is lost. */
export class Link {
  readonly #settings: LinkSettings;
  readonly #handlers: LinkHandlers;
  readonly #backoff: Backoff;
  /** The try that is under way, or the last one. It never rejects. */
  #attempt: Promise<void> | undefined;
  #isConnecting = false;
  #isClosed = false;
  #socket: Socket | undefined;
  #session: Session | undefined;
  #lastFault: LinkFault | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #retryAt = 0;

  constructor(settings: LinkSettings, handlers: LinkHandlers) {
    this.#settings = settings;
    this.#handlers = handlers;
    this.#backoff = new Backoff(settings.reconnectDelayMs, settings.longestReconnectDelayMs);
  }

  /** The one that is bound, if one is. */
  get session(): Session | undefined {
    return this.#session;
  }

  /** Whether the next session may be bound at any moment. */
  get isConnecting(): boolean {
    return this.#isConnecting;
  }

  /** Milliseconds until the next try to connect. */
  get retryInMs(): number {
    return Math.max(0, this.#retryAt - performance.now());
  }

  start(): void {
    if (this.#isClosed) return;
    this.#attempt ??= this.#connect();
  }

  /** @throws {VerifiedMobileError} `unavailable`: not bound, or the provider does not answer; with the last fault */
  async ready(): Promise<void> {
    const { address } = this.#settings;
    this.start();
    await this.#attempt;
    if (this.#isClosed) throw unavailable(`The route to ${address} was closed.`);
    const session = this.#session;
    if (session === undefined) throw unavailable(this.#lastFault?.message ?? `${address} is not bound.`);
    const isFresh = session.silenceMs < FRESH_MS && !session.isSuspect;
    if (isFresh || (await session.answers())) return;
    throw unavailable(`${address} does not answer enquire_link.`);
  }

  /** Unbinds, if the provider answers that in time, and hangs up. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retryTimer);
    const session = this.#session;
    if (session === undefined) {
      this.#socket?.destroy();
      return;
    }
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, UNBIND_MS)));
    await Promise.race([session.request('unbind'), late]);
    clearTimeout(timer);
    session.end({ kind: 'hung-up' });
  }

  async #connect(): Promise<void> {
    this.#isConnecting = true;
    const failure = await this.#tryToBind();
    this.#isConnecting = false;
    if (this.#isClosed) return;
    if (failure === undefined) {
      this.#lastFault = undefined;
      this.#handlers.report(bound(this.#settings.address));
      this.#handlers.onUp();
    } else {
      // While nothing changes, one report is enough.
      if (failure.fault.message !== this.#lastFault?.message) this.#handlers.report(failure.fault);
      this.#retryLater(failure);
    }
  }

  /** Nothing, if it is bound. */
  async #tryToBind(): Promise<Failure | undefined> {
    const { endpoint, address, bind, responseTimeoutMs } = this.#settings;
    const socket = openSocket(endpoint);
    this.#socket = socket;
    try {
      await connected(socket, endpoint, responseTimeoutMs);
    } catch (error) {
      return { fault: unreachable(address, error), isForGood: false };
    }
    let end: SessionEnd | undefined;
    const session: Session = new Session(socket, this.#settings, {
      deliver: this.#handlers.deliver,
      onTrusted: this.#handlers.onUp,
      onEnd: (cause) => {
        end = cause;
        if (session === this.#session) this.#lose(session, cause);
      },
    });
    const answer = await session.request(bind.command, bind.body);
    const failure = failureOf(address, answer, end);
    if (failure !== undefined || this.#isClosed) {
      session.end({ kind: 'hung-up' });
    } else {
      this.#session = session;
      session.keepAlive();
    }
    return failure;
  }

  #lose(session: Session, end: SessionEnd): void {
    this.#session = undefined;
    if (this.#isClosed) return;
    // A provider that accepts the bind and then hangs up, again and again, must not be asked at full speed.
    if (session.isProven) this.#backoff.reset();
    const fault = lost(this.#settings.address, end);
    this.#handlers.report(fault);
    this.#retryLater({ fault, isForGood: false });
  }

  #retryLater({ fault, isForGood }: Failure): void {
    this.#lastFault = fault;
    const delayMs = isForGood ? this.#backoff.longest() : this.#backoff.next();
    this.#retryAt = performance.now() + delayMs;
    this.#retryTimer = setTimeout(() => {
      this.#attempt = this.#connect();
    }, delayMs).unref();
    this.#handlers.onDown();
  }
}

/** @param end of the connection, if it has ended: a provider may accept the bind and hang up in one breath */
function failureOf(address: string, answer: Pdu | undefined, end: SessionEnd | undefined): Failure | undefined {
  if (answer !== undefined && answer.status !== ESME_ROK) {
    return { fault: bindRefused(address, answer), isForGood: isRefusedForGood(answer.status) };
  }
  if (end !== undefined) return { fault: bindRefused(address, { end }), isForGood: false };
  if (answer !== undefined) return undefined;
  return { fault: bindRefused(address, 'unanswered'), isForGood: false };
}
