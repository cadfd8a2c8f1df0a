import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { type Fields, type Pdu, readPdu, type Tlv, writePdu } from '../src/smpp-pdu.ts';

/** A client that says exactly what the test wants, right or wrong. */
export class RawEsme {
  readonly socket: Socket;
  readonly closed: Promise<unknown>;
  /** Everything that came, whole PDUs or not. */
  received: Buffer = Buffer.alloc(0);
  #sequence = 0;

  constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => void socket.once('close', resolve));
    socket.on('data', (chunk: Buffer) => (this.received = Buffer.concat([this.received, chunk])));
    socket.on('error', () => undefined);
  }

  static async open(port: number): Promise<RawEsme> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    onTestFinished(() => void socket.destroy());
    return new RawEsme(socket);
  }

  static async bound(port: number): Promise<RawEsme> {
    const esme = await RawEsme.open(port);
    esme.send('bind_transceiver', { system_id: 'tests', password: 'secret', interface_version: 0x34 });
    await esme.next();
    return esme;
  }

  /** Returns its sequence number. */
  send(command: string, fields: Fields = {}, tlvs: readonly Tlv[] = []): number {
    this.#sequence += 1;
    this.socket.write(writePdu({ command, sequence: this.#sequence, fields, tlvs }));
    return this.#sequence;
  }

  /** Takes the next PDU. Rejects if the connection ends before there is a whole one. */
  async next(): Promise<Pdu> {
    while (this.received.length < 4 || this.received.length < this.received.readUInt32BE(0)) {
      if (this.socket.readableEnded || this.socket.destroyed) throw new Error('the connection has ended');
      const waiting = new AbortController();
      const { signal } = waiting;
      const events = ['data', 'end', 'close'].map(async (name) => once(this.socket, name, { signal }).catch(() => []));
      await Promise.race(events);
      waiting.abort();
    }
    const length = this.received.readUInt32BE(0);
    const pdu = readPdu(this.received.subarray(0, length));
    this.received = this.received.subarray(length);
    return pdu;
  }
}

export const TEXT: Fields = { destination_addr: '919876543210', short_message: Buffer.from('Hello') };
