import type { Socket } from 'node:net';
import { FrameReader, GarbageError } from '../wire/frames.ts';
import { type Pdu, readPdu } from '../wire/read-pdu.ts';
import { ESME_RINVCMDID, ESME_ROK, ESME_RX_P_APPN } from '../wire/statuses.ts';
import { EMPTY_BODY, type PduBody, writePdu } from '../wire/write-pdu.ts';
import { Requests } from './requests.ts';

export interface SessionSettings {
  readonly responseTimeoutMs: number;
  readonly enquireLinkMs: number;
}

export interface SessionHandlers {
  /** Takes a receipt in. Returns the status to answer it with. */
  readonly deliver: (pdu: Pdu) => number;
  /** The peer, in doubt until now, has answered. */
  readonly onTrusted: () => void;
  /** Once, and the last that is heard of the session. */
  readonly onEnd: (end: SessionEnd) => void;
}

export type SessionEnd =
  | { readonly kind: 'closed' | 'silent' | 'garbage' | 'unbound' | 'not-reading' | 'hung-up' }
  | { readonly kind: 'broken'; readonly code: string };

/** Answers that the peer does not read, in bytes. More, and they would fill the memory. */
const MOST_UNREAD_BYTES = 1_000_000;
const GOODBYE_MS = 500;
const WITHOUT_RESPONSE: ReadonlySet<string> = new Set(['alert_notification', 'outbind']);

/** One connection, from its first byte to its last: whose request an answer is, whether the peer lives, what it asks. */
export class Session {
  readonly #socket: Socket;
  readonly #settings: SessionSettings;
  readonly #handlers: SessionHandlers;
  readonly #frames = new FrameReader();
  readonly #requests: Requests;
  #heardAt = performance.now();
  #idleTimer: NodeJS.Timeout | undefined;
  #probe: Promise<boolean> | undefined;
  #isSuspect = false;
  #hasEnded = false;
  #isProven = false;

  constructor(socket: Socket, settings: SessionSettings, handlers: SessionHandlers) {
    this.#socket = socket;
    this.#settings = settings;
    this.#handlers = handlers;
    this.#requests = new Requests(settings.responseTimeoutMs, (command) => this.#missAnswer(command));
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('end', () => this.end({ kind: 'closed' }));
    socket.on('close', () => this.end({ kind: 'closed' }));
    socket.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => this.end({ kind: 'broken', code }));
  }

  /** Whether what is written now is handed to the socket. */
  get isOpen(): boolean {
    return !this.#hasEnded && this.#socket.writable;
  }

  /** Whether a message went unanswered and the peer has said nothing since. */
  get isSuspect(): boolean {
    return this.#isSuspect;
  }

  /** Whether the peer has done more than accept the bind. */
  get isProven(): boolean {
    return this.#isProven;
  }

  /** Messages that are under way, also those whose senders have given up: the peer still counts them. */
  get submits(): number {
    return this.#requests.submits;
  }

  /** How long ago the peer was heard, in milliseconds. */
  get silenceMs(): number {
    return performance.now() - this.#heardAt;
  }

  /** Writes a request at once. Its answer, or nothing if there is none in time or the connection ends. */
  async request(command: string, body: PduBody = EMPTY_BODY): Promise<Pdu | undefined> {
    if (!this.isOpen) return undefined;
    const sequence = this.#requests.nextSequence();
    this.#socket.write(writePdu(command, sequence, body));
    return this.#requests.answerTo(sequence, command);
  }

  /** From now on the peer is asked whether it lives when it says nothing. Before it has accepted the bind it may not be. */
  keepAlive(): void {
    this.#watchIdle(this.#settings.enquireLinkMs);
  }

  /** Whether the peer answers. Asked once for all who want to know at the same time. */
  async answers(): Promise<boolean> {
    this.#probe ??= this.request('enquire_link').then((answer) => {
      this.#probe = undefined;
      return answer !== undefined;
    });
    return this.#probe;
  }

  /** Nothing is sent any more, and what is under way has no answer. */
  end(end: SessionEnd): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearTimeout(this.#idleTimer);
    if (end.kind === 'unbound' || end.kind === 'hung-up') this.#sayGoodbye();
    else this.#socket.destroy();
    this.#requests.end();
    this.#handlers.onEnd(end);
  }

  /** Lets the last bytes out, unless the peer does not take them. */
  #sayGoodbye(): void {
    const timer = setTimeout(() => this.#socket.destroy(), GOODBYE_MS).unref();
    this.#socket.once('close', () => clearTimeout(timer));
    this.#socket.end();
  }

  #receive(chunk: Buffer): void {
    if (this.#hasEnded) return;
    try {
      for (const frame of this.#frames.push(chunk)) this.#take(readPdu(frame));
    } catch (error) {
      if (!(error instanceof GarbageError)) throw error;
      this.end({ kind: 'garbage' });
    }
  }

  #take(pdu: Pdu): void {
    if (this.#hasEnded) return;
    this.#heardAt = performance.now();
    if (!pdu.isResponse) {
      this.#answer(pdu);
      return;
    }
    if (!pdu.command.startsWith('bind_')) this.#isProven = true;
    this.#requests.answer(pdu);
    if (!this.#isSuspect) return;
    this.#isSuspect = false;
    this.#handlers.onTrusted();
  }

  #answer(pdu: Pdu): void {
    switch (pdu.command) {
      case 'enquire_link':
        return this.#respond('enquire_link_resp', pdu, ESME_ROK);
      case 'deliver_sm':
      case 'data_sm':
        return this.#respond(`${pdu.command}_resp`, pdu, pdu.isBroken ? ESME_RX_P_APPN : this.#handlers.deliver(pdu));
      case 'unbind':
        this.#respond('unbind_resp', pdu, ESME_ROK);
        return this.end({ kind: 'unbound' });
      default:
        if (WITHOUT_RESPONSE.has(pdu.command)) return;
        return this.#respond('generic_nack', pdu, ESME_RINVCMDID);
    }
  }

  #respond(command: string, { sequence }: Pdu, status: number): void {
    if (!this.isOpen) return;
    this.#socket.write(writePdu(command, sequence, EMPTY_BODY, status));
    if (this.#socket.writableLength > MOST_UNREAD_BYTES) this.end({ kind: 'not-reading' });
  }

  #missAnswer(command: string): void {
    if (command === 'enquire_link') {
      this.end({ kind: 'silent' });
      return;
    }
    if (command !== 'submit_sm') return;
    // It may be this message alone. Until the peer has said something, no other one is made unknown by it.
    this.#isSuspect = true;
    void this.answers();
  }

  #watchIdle(milliseconds: number): void {
    this.#idleTimer = setTimeout(() => {
      const rest = this.#settings.enquireLinkMs - this.silenceMs;
      if (rest <= 0) void this.answers();
      this.#watchIdle(rest <= 0 ? this.#settings.enquireLinkMs : rest);
    }, milliseconds).unref();
  }
}
