import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Certificate } from './certificate.ts';
import type { Fields, Tlv } from './smpp-pdu.ts';
import { ACCEPT, type Answer, type Decide, type Script } from './smsc-script.ts';
import { openSession, type RecordedPdu, type Session } from './smsc-session.ts';

export type { RecordedPdu } from './smsc-session.ts';
export type SmscScript = Script<RecordedPdu>;

export interface SmscSettings {
  /** What it does until `follow` is called. Without a script it accepts everything. */
  readonly script?: SmscScript;
  /** Speaks TLS with this certificate. */
  readonly certificate?: Certificate;
}

export async function startSmscRecorder(settings: SmscSettings = {}): Promise<SmscRecorder> {
  const recorder = new SmscRecorder(settings);
  await recorder.comeBack();
  return recorder;
}

/**
 * An SMSC of a test's own on a free loopback port, written from the specification of SMPP 3.4 and from nothing else. It
 * records every byte, finds every fault, and does what its script says.
 */
export class SmscRecorder {
  /** Every PDU of every connection, both ways, in order. */
  readonly pdus: RecordedPdu[] = [];
  readonly binds: RecordedPdu[] = [];
  readonly submits: RecordedPdu[] = [];
  /** What an ESME did wrong, in sentences. `stop` rejects if there is one left. */
  readonly faults: string[] = [];
  /** How many connections there have been. */
  connections: number = 0;
  /** The most submits that ever waited for an answer on one connection: the window of the ESME, if the script holds them. */
  mostInFlight: number = 0;
  readonly #server: Server;
  readonly #sessions: Set<Session> = new Set();
  readonly #counts: Map<string, number> = new Map();
  #script: SmscScript;
  #port: number = 0;
  #isPaused: boolean = false;

  constructor({ script = {}, certificate }: SmscSettings) {
    const open = (socket: Socket): void => this.#open(socket);
    this.#script = script;
    this.#server = certificate === undefined ? createServer(open) : createTlsServer(certificate, open);
    // A client that refuses the certificate ends the handshake.
    this.#server.on('tlsClientError', () => undefined);
  }

  get port(): number {
    return this.#port;
  }

  /** Connections that are open now. */
  get openConnections(): number {
    return this.#sessions.size;
  }

  /** Submits that wait for an answer now, on all connections. */
  get inFlight(): number {
    return [...this.#sessions].reduce((sum, session) => sum + submitsOf(session), 0);
  }

  /** From now on it does this. */
  follow(script: SmscScript): void {
    this.#script = script;
  }

  /** Empties `faults`, for a test that expects them. */
  takeFaults(): string[] {
    return this.faults.splice(0);
  }

  /** Answers what the script held. It is accepted unless another answer is named. */
  answer(request: RecordedPdu, answer: Answer = ACCEPT): void {
    const session = [...this.#sessions].find(({ connection }) => connection === request.connection);
    if (session === undefined) throw new Error(`Connection ${request.connection} has ended.`);
    session.answer(request, answer);
  }

  /** Sends a request of its own on the newest bound connection: `deliver_sm`, `enquire_link` or `unbind`. */
  ask(command: string, fields: Fields = {}, tlvs: readonly Tlv[] = []): RecordedPdu {
    const session = [...this.#sessions].toReversed().find(({ isBound }) => isBound());
    if (session === undefined) throw new Error('No ESME is bound.');
    return session.ask(command, fields, tlvs);
  }

  /** What the other side answered to a request, if it has. */
  answerTo(request: RecordedPdu): RecordedPdu | undefined {
    return this.pdus.find(
      ({ command, connection, sequence, from }) =>
        connection === request.connection &&
        sequence === request.sequence &&
        from !== request.from &&
        (command.endsWith('_resp') || command === 'generic_nack'),
    );
  }

  /** Sends bytes as they are on the newest connection: garbage, half a PDU, a length that is not true. */
  write(bytes: Buffer): void {
    const session = [...this.#sessions].at(-1);
    if (session === undefined) throw new Error('No connection is open.');
    session.write(bytes);
  }

  /** Breaks every connection. */
  drop(): void {
    for (const { socket } of this.#sessions) socket.destroy();
  }

  /** Neither reads nor answers until `resume`: a host that stands still. It still takes connections. */
  pause(): void {
    this.#isPaused = true;
    for (const { socket } of this.#sessions) socket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    for (const { socket } of this.#sessions) socket.resume();
  }

  /** Breaks every connection and refuses new ones, until `comeBack`. */
  async goAway(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.drop();
    await closed;
  }

  /** Takes connections again, on the same port. */
  async comeBack(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Ends it. Rejects if an ESME did something wrong that the test did not take. */
  async stop(): Promise<void> {
    await this.goAway();
    if (this.faults.length > 0) throw new Error(`The ESME broke SMPP 3.4:\n${this.faults.join('\n')}`);
  }

  #open(socket: Socket): void {
    this.connections += 1;
    const session = openSession(this.connections, socket, {
      record: (pdu) => this.#record(pdu),
      fault: (fault) => void this.faults.push(fault),
      decide: (request) => this.#decide(request, session),
      acceptance: (request) => this.#acceptance(request),
    });
    this.#sessions.add(session);
    socket.on('close', () => this.#sessions.delete(session));
    if (this.#isPaused) socket.pause();
  }

  #record(pdu: RecordedPdu): void {
    this.pdus.push(pdu);
    if (pdu.from === 'smsc') return;
    if (pdu.command === 'submit_sm') this.submits.push(pdu);
    if (isBind(pdu)) this.binds.push(pdu);
  }

  #decide(request: RecordedPdu, session: Session): Answer {
    this.mostInFlight = Math.max(this.mostInFlight, submitsOf(session));
    const kind = isBind(request) ? 'bind' : request.command;
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    const { bind, submit, enquireLink, unbind } = this.#script;
    const decisions: Record<string, Decide<RecordedPdu> | undefined> = {
      bind,
      submit_sm: submit,
      enquire_link: enquireLink,
      unbind,
    };
    return decisions[kind]?.(request, count) ?? ACCEPT;
  }

  /** The mandatory fields of the answer to what is accepted. */
  #acceptance(request: RecordedPdu): Fields {
    if (isBind(request)) return { system_id: 'recorder' };
    const { command, connection, sequence } = request;
    return command === 'submit_sm' ? { message_id: `${connection}-${sequence}` } : {};
  }
}

const isBind = ({ command }: RecordedPdu): boolean => command.startsWith('bind_');

function submitsOf({ unanswered }: Session): number {
  return [...unanswered].filter(({ command }) => command === 'submit_sm').length;
}
