import type { Socket } from 'node:net';
import { type Fields, HEADER_BYTES, type Pdu, readPdu, type Tlv, writePdu } from './smpp-pdu.ts';
import { ACCEPT, type Answer, STATUS } from './smsc-script.ts';

/** A PDU that went one way or the other, in the order of the wire. */
export interface RecordedPdu extends Pdu {
  /** Counted from 1. */
  readonly connection: number;
  readonly from: 'esme' | 'smsc';
}

/** One connection of an ESME, as the recorder sees it. */
export interface Session {
  readonly connection: number;
  readonly socket: Socket;
  readonly isBound: () => boolean;
  /** Requests of the ESME that wait for their answer. */
  readonly unanswered: ReadonlySet<RecordedPdu>;
  /** Requests of the SMSC that wait for theirs. */
  readonly asked: ReadonlyMap<number, RecordedPdu>;
  readonly answer: (request: RecordedPdu, answer?: Answer) => void;
  readonly ask: (command: string, fields?: Fields, tlvs?: readonly Tlv[]) => RecordedPdu;
  /** Writes bytes that are no record. */
  readonly write: (bytes: Buffer) => void;
}

interface Observer {
  readonly record: (pdu: RecordedPdu) => void;
  readonly fault: (fault: string) => void;
  readonly decide: (request: RecordedPdu) => Answer;
  readonly acceptance: (request: RecordedPdu) => Fields;
}

/** A PDU of `message_payload` at its longest, and room to spare. */
const MOST_BYTES = 70_000;
const NACK = 'generic_nack';

export function openSession(connection: number, socket: Socket, observer: Observer): Session {
  let waiting: Buffer = Buffer.alloc(0);
  let state: 'open' | 'bound' | 'unbound' = 'open';
  let lastAsked = 0;
  const unanswered = new Set<RecordedPdu>();
  const asked = new Map<number, RecordedPdu>();
  const sequences = new Set<number>();

  const fault = (what: string): void => observer.fault(`connection ${connection}: ${what}`);
  const record = (from: RecordedPdu['from'], bytes: Buffer): RecordedPdu => {
    const pdu = { ...readPdu(bytes), connection, from };
    observer.record(pdu);
    return pdu;
  };
  const write = (bytes: Buffer): void => void (socket.writable && socket.write(bytes));
  const send = (bytes: Buffer): RecordedPdu => {
    write(bytes);
    return record('smsc', bytes);
  };
  const nack = (status: number, sequence: number): void =>
    void send(writePdu({ command: NACK, status, sequence, bare: true }));

  socket.on('data', (chunk: Buffer) => {
    waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]);
    socket.cork();
    while (waiting.length >= HEADER_BYTES && takeOne());
    socket.uncork();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    if (waiting.length > 0) fault(`it ended with ${waiting.length} bytes of a PDU`);
  });
  return { connection, socket, isBound: () => state === 'bound', unanswered, asked, answer, ask, write };

  /** Whether there was a whole PDU. */
  function takeOne(): boolean {
    const length = waiting.readUInt32BE(0);
    if (length < HEADER_BYTES || length > MOST_BYTES) {
      fault(`a PDU of ${length} bytes`);
      nack(STATUS.invalidCommandLength, waiting.readUInt32BE(12));
      waiting = Buffer.alloc(0);
      // Where the next one begins is not known.
      socket.destroySoon();
      return false;
    }
    if (waiting.length < length) return false;
    const pdu = record('esme', Buffer.from(waiting.subarray(0, length)));
    waiting = waiting.subarray(length);
    pdu.faults.forEach(fault);
    if (pdu.command.endsWith('_resp') || pdu.command === NACK) takeResponse(pdu);
    else takeRequest(pdu);
    return true;
  }

  function takeResponse(pdu: RecordedPdu): void {
    const request = asked.get(pdu.sequence);
    if (request === undefined) return fault(`${pdu.command} answers ${pdu.sequence}, which nobody asked`);
    asked.delete(pdu.sequence);
    if (pdu.command !== NACK && pdu.command !== `${request.command}_resp`)
      fault(`${pdu.command} answers ${request.command}`);
    if (request.command !== 'unbind') return;
    state = 'unbound';
    socket.end();
  }

  function takeRequest(pdu: RecordedPdu): void {
    if (sequences.has(pdu.sequence)) fault(`${pdu.command} has the sequence number ${pdu.sequence} of another`);
    sequences.add(pdu.sequence);
    if (pdu.command.startsWith('0x')) return nack(STATUS.invalidCommand, pdu.sequence);
    unanswered.add(pdu);
    const refusal = refusalOf(pdu);
    answer(pdu, refusal === undefined ? observer.decide(pdu) : { do: 'refuse', status: refusal });
  }

  /** The status of what is refused whatever the test wants. */
  function refusalOf(pdu: RecordedPdu): number | undefined {
    if (pdu.faults.length > 0) return STATUS.systemError;
    const isBind = pdu.command.startsWith('bind_');
    if (state === (isBind ? 'open' : 'bound')) return undefined;
    fault(`${pdu.command} on a connection that is ${state}`);
    return isBind ? STATUS.alreadyBound : STATUS.wrongBindState;
  }

  function answer(request: RecordedPdu, how: Answer = ACCEPT): void {
    if (!unanswered.has(request))
      throw new Error(`${request.command} ${request.sequence} is not waiting for an answer.`);
    if (how.do === 'hold') return;
    unanswered.delete(request);
    if (how.do === 'send') return write(how.bytes);
    if (how.do === 'lose' && how.at === 'before') return void socket.destroy();
    const bytes = responseTo(request, how);
    if (how.do === 'lose' && how.at === 'midway') return void socket.end(bytes.subarray(0, bytes.length >> 1));
    if (how.do !== 'refuse') follow(request);
    send(bytes);
    if (how.do === 'lose' || state === 'unbound') socket.end();
  }

  function responseTo(request: RecordedPdu, how: Answer): Buffer {
    const response = { command: `${request.command}_resp`, sequence: request.sequence };
    // §4.4.2: the body is not returned with an error.
    if (how.do === 'refuse') return writePdu({ ...response, status: how.status, bare: true });
    const accepted = how.do === 'accept' ? how : { fields: {}, tlvs: [] };
    const fields = { ...observer.acceptance(request), ...accepted.fields };
    return writePdu({ ...response, fields, ...(accepted.tlvs === undefined ? {} : { tlvs: accepted.tlvs }) });
  }

  function follow(request: RecordedPdu): void {
    if (request.command.startsWith('bind_')) state = 'bound';
    if (request.command === 'unbind') state = 'unbound';
  }

  function ask(command: string, fields: Fields = {}, tlvs: readonly Tlv[] = []): RecordedPdu {
    lastAsked += 1;
    const request = send(writePdu({ command, sequence: lastAsked, fields, tlvs }));
    asked.set(request.sequence, request);
    return request;
  }
}
