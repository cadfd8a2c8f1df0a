/** What is wrong with npm `smpp` itself: should one of these pass into the past, a correction may go. */
import type { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readPdu } from '../src/wire/read-pdu.ts';
import { EMPTY_BODY, writePdu } from '../src/wire/write-pdu.ts';

interface LibraryPdu {
  readonly [field: string]: unknown;
  toBuffer(): Buffer;
}
type Answered = (pdu: LibraryPdu) => void;
interface LibrarySession extends EventEmitter {
  send(pdu: LibraryPdu, answered: Answered): boolean;
}
interface Library {
  readonly PDU: new (command: string | Buffer, options?: object) => LibraryPdu;
  readonly Session: new (options: { socket: PassThrough }) => LibrarySession;
}
const { PDU, Session } = createRequire(import.meta.url)('smpp') as Library;

const submit = (fields: object): Buffer => new PDU('submit_sm', { sequence_number: 1, ...fields }).toBuffer();

describe('npm smpp', () => {
  it('stamps a text of the GSM alphabet as IA5, where @ would be 0x40', () => {
    const pdu = readPdu(submit({ short_message: '@' }));
    expect(pdu.fields).toMatchObject({ data_coding: 1, short_message: Buffer.of(0) });
  });

  it('takes ₹ and Devanagari for UCS-2, but ç and other letters of Western Europe for Latin 1, which few phones show', () => {
    expect(readPdu(submit({ short_message: '₹' })).fields['data_coding']).toBe(8);
    expect(readPdu(submit({ short_message: 'ç' })).fields['data_coding']).toBe(3);
  });

  it('sends an escape character as it is', () => {
    expect(readPdu(submit({ short_message: '\u001Be' })).fields['short_message']).toEqual(Buffer.of(0x1b, 0x65));
  });

  it('neither divides a long text nor sends it whole: it throws', () => {
    expect(() => submit({ short_message: 'x'.repeat(256) })).toThrow(RangeError);
  });

  it('binds as SMPP 5.0', () => {
    expect(readPdu(new PDU('bind_transceiver', {}).toBuffer()).fields['interface_version']).toBe(0x50);
  });

  it('leaves out a parameter that is not in its table, without a word', () => {
    expect(readPdu(submit({ 0x1400: Buffer.from('1'), dlt_entity_id: '1' })).tlvs.size).toBe(0);
  });

  it('reads a receipt by the GSM alphabet, so that an id with _ is another', () => {
    const receipt = writePdu('deliver_sm', 1, {
      fields: { esm_class: 4, data_coding: 0, short_message: Buffer.from('id:a_b') },
    });
    expect(new PDU(receipt)['short_message']).toMatchObject({ message: 'id:a§b' });
  });

  it('throws on a parameter that is cut short', () => {
    const cut = Buffer.concat([writePdu('deliver_sm', 1, EMPTY_BODY), Buffer.from('04270001', 'hex')]);
    cut.writeUInt32BE(cut.length, 0);
    expect(() => new PDU(cut)).toThrow(RangeError);
    expect(readPdu(cut).isBroken).toBe(true);
  });

  it('keeps a session that has met such a PDU, and never reads from it again', () => {
    const socket = new PassThrough();
    const session = new Session({ socket });
    const seen: string[] = [];
    session.on('error', () => void seen.push('error'));
    session.on('pdu', (pdu: LibraryPdu) => void seen.push(String(pdu['command'])));
    socket.write(writePdu('enquire_link', 1, EMPTY_BODY));
    socket.emit('readable');
    socket.write(Buffer.from('ffffffff', 'hex'));
    socket.emit('readable');
    socket.write(writePdu('enquire_link', 2, EMPTY_BODY));
    socket.emit('readable');
    expect(seen).toEqual(['enquire_link', 'error']);
  });

  it('remembers a request that is never answered for as long as the session lives', () => {
    const session = new Session({ socket: new PassThrough() });
    for (let count = 0; count < 10; count += 1) session.send(new PDU('enquire_link'), () => undefined);
    expect(Object.keys(Reflect.get(session, '_callbacks') as object)).toHaveLength(10);
  });

  it('takes any answer with the number of a request for its answer', () => {
    const socket = new PassThrough();
    const session = new Session({ socket });
    const answers: unknown[] = [];
    session.send(new PDU('submit_sm', { short_message: Buffer.of(1) }), (pdu) => void answers.push(pdu['command']));
    socket.read();
    socket.write(writePdu('enquire_link_resp', 1, EMPTY_BODY));
    socket.emit('readable');
    expect(answers).toEqual(['enquire_link_resp']);
  });
});
