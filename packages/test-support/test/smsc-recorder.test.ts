import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { hasOpenssl, newCertificate } from '../src/certificate.ts';
import { receiptFor } from '../src/delivery-receipt.ts';
import { userDataOf, writePdu } from '../src/smpp-pdu.ts';
import { type SmscRecorder, startSmscRecorder } from '../src/smsc-recorder.ts';
import { ACCEPT, HOLD, lose, nth, refuse, STATUS } from '../src/smsc-script.ts';
import { RawEsme, TEXT } from './raw-esme.ts';

let smsc: SmscRecorder;

beforeEach(async () => {
  smsc = await startSmscRecorder();
  return async () => smsc.stop();
});

describe('an ESME that does everything right', () => {
  it('binds, submits, asks after the link and unbinds, and every byte of it is kept', async () => {
    const esme = await RawEsme.bound(smsc.port);
    esme.send('submit_sm', TEXT, [{ tag: 0x14_00, value: Buffer.from('1201') }]);
    expect(await esme.next()).toMatchObject({ command: 'submit_sm_resp', status: 0, fields: { message_id: '1-2' } });
    esme.send('enquire_link');
    expect(await esme.next()).toMatchObject({ command: 'enquire_link_resp', sequence: 3 });
    esme.send('unbind');
    expect(await esme.next()).toMatchObject({ command: 'unbind_resp', status: 0 });
    await esme.closed;

    const [submit] = smsc.submits;
    const sent = { command: 'submit_sm', sequence: 2, fields: TEXT };
    expect(submit?.bytes).toEqual(writePdu({ ...sent, tlvs: [{ tag: 0x14_00, value: Buffer.from('1201') }] }));
    expect(smsc.binds[0]?.fields).toMatchObject({ system_id: 'tests', password: 'secret' });
    expect(smsc.pdus.map(({ from, command }) => `${from} ${command}`)).toEqual([
      'esme bind_transceiver',
      'smsc bind_transceiver_resp',
      'esme submit_sm',
      'smsc submit_sm_resp',
      'esme enquire_link',
      'smsc enquire_link_resp',
      'esme unbind',
      'smsc unbind_resp',
    ]);
    expect(smsc.answerTo(submit!)?.fields).toEqual({ message_id: '1-2' });
    expect(smsc.faults).toEqual([]);
  });

  it('may send byte by byte', async () => {
    const esme = await RawEsme.open(smsc.port);
    esme.socket.setNoDelay(true);
    for (const byte of writePdu({ command: 'bind_transmitter', sequence: 1 })) esme.socket.write(Buffer.of(byte));
    expect(await esme.next()).toMatchObject({ command: 'bind_transmitter_resp', status: 0 });
  });

  it.runIf(hasOpenssl)('may do so over TLS, if it trusts the certificate', async () => {
    const certificate = newCertificate();
    const secure = await startSmscRecorder({ certificate });
    onTestFinished(async () => secure.stop());
    const socket = connectTls({ port: secure.port, host: '127.0.0.1', ca: certificate.cert });
    const esme = new RawEsme(socket);
    await once(socket, 'secureConnect');
    esme.send('bind_transceiver');
    expect(await esme.next()).toMatchObject({ command: 'bind_transceiver_resp', status: 0 });

    const stranger = connectTls({ port: secure.port, host: '127.0.0.1' });
    const [error] = await once(stranger, 'error');
    expect(error).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(secure.binds).toHaveLength(1);
  });
});

describe('the script', () => {
  it('refuses the first bind and accepts the second', async () => {
    smsc.follow({ bind: nth(1, refuse(STATUS.wrongPassword)) });
    const esme = await RawEsme.open(smsc.port);
    const answers = [1, 2].map(async () => {
      esme.send('bind_transceiver');
      return esme.next();
    });
    const statuses = [];
    for (const answer of answers) statuses.push((await answer).status);
    expect(statuses).toEqual([STATUS.wrongPassword, 0]);
    expect(smsc.pdus[1]?.bytes).toHaveLength(16);
  });

  it('throttles the second submit only', async () => {
    smsc.follow({ submit: nth(2, refuse(STATUS.throttled)) });
    const esme = await RawEsme.bound(smsc.port);
    for (const status of [0, STATUS.throttled, 0]) {
      esme.send('submit_sm', TEXT);
      expect(await esme.next()).toMatchObject({ command: 'submit_sm_resp', status });
    }
  });

  it('holds answers, which the test gives out of order, and counts what is in flight', async () => {
    smsc.follow({ submit: () => HOLD });
    const esme = await RawEsme.bound(smsc.port);
    for (let count = 0; count < 3; count += 1) esme.send('submit_sm', TEXT);
    await expect.poll(() => smsc.inFlight).toBe(3);
    for (const submit of smsc.submits.toReversed()) smsc.answer(submit);
    const sequences = [await esme.next(), await esme.next(), await esme.next()].map(({ sequence }) => sequence);
    expect(sequences).toEqual([4, 3, 2]);
    smsc.follow({});
    esme.send('submit_sm', TEXT);
    await esme.next();
    expect(smsc).toMatchObject({ inFlight: 0, mostInFlight: 3 });
    expect(() => smsc.answer(smsc.submits[0]!)).toThrow('is not waiting for an answer');
  });

  it('forgets what was in flight on a connection that ends', async () => {
    smsc.follow({ submit: () => HOLD });
    const esme = await RawEsme.bound(smsc.port);
    esme.send('submit_sm', TEXT);
    await expect.poll(() => smsc.inFlight).toBe(1);
    esme.socket.destroy();
    await expect.poll(() => smsc.inFlight).toBe(0);
    expect(() => smsc.answer(smsc.submits[0]!)).toThrow('Connection 1 has ended.');
  });

  it('loses the connection before the answer, after it, and in the middle of it', async () => {
    const bytesOf = async (at: 'before' | 'after' | 'midway'): Promise<Buffer> => {
      smsc.follow({ submit: () => lose(at) });
      const esme = await RawEsme.bound(smsc.port);
      esme.send('submit_sm', TEXT);
      await esme.closed;
      return esme.received;
    };
    expect(await bytesOf('before')).toHaveLength(0);
    const whole = await bytesOf('after');
    expect(whole).toHaveLength(whole.readUInt32BE(0));
    const half = await bytesOf('midway');
    expect(half).toHaveLength(half.readUInt32BE(0) >> 1);
  });

  it('may answer with any bytes, and an enquire_link never', async () => {
    const bytes = Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n');
    smsc.follow({ submit: () => ({ do: 'send', bytes }), enquireLink: () => HOLD });
    const esme = await RawEsme.bound(smsc.port);
    esme.send('enquire_link');
    esme.send('submit_sm', TEXT);
    await expect.poll(() => esme.received).toEqual(bytes);
  });

  it('counts the nth over all connections, and names the message id if it wants', async () => {
    smsc.follow({ submit: (_submit, count) => ({ ...ACCEPT, fields: { message_id: `id-${count}` } }) });
    for (const message_id of ['id-1', 'id-2']) {
      const esme = await RawEsme.bound(smsc.port);
      esme.send('submit_sm', TEXT);
      expect((await esme.next()).fields).toEqual({ message_id });
    }
    expect(smsc.connections).toBe(2);
  });
});

describe('the SMSC asks', () => {
  it.each(['text', 'parameters', 'both'] as const)('by a receipt, in the form: %s', async (form) => {
    const esme = await RawEsme.bound(smsc.port);
    esme.send('submit_sm', { ...TEXT, source_addr: 'EKOIND', source_addr_ton: 5 });
    await esme.next();
    const receipt = { messageId: '1-2', state: 'UNDELIV', error: '600', form } as const;
    const asked = smsc.ask(...receiptFor(smsc.submits[0]!, receipt));
    const pdu = await esme.next();
    expect(pdu).toMatchObject({ command: 'deliver_sm', faults: [] });
    expect(pdu.fields).toMatchObject({ source_addr: '919876543210', destination_addr: 'EKOIND', esm_class: 4 });
    const text = userDataOf(pdu).text.toString();
    expect(text).toMatch(form === 'parameters' ? /^$/ : /^id:1-2 sub:001 dlvrd:000 .* stat:UNDELIV err:600 text:$/);
    const parameters = pdu.tlvs.map(({ tag, value }) => `${tag.toString(16)} ${value.toString('hex')}`);
    expect(parameters).toEqual(form === 'text' ? [] : ['1e 312d3200', '427 05', '423 030258']);

    expect(smsc.answerTo(asked)).toBeUndefined();
    esme.socket.write(writePdu({ command: 'deliver_sm_resp', sequence: asked.sequence }));
    await expect.poll(() => smsc.answerTo(asked)).toMatchObject({ command: 'deliver_sm_resp', status: 0 });
  });

  it('whether the link is alive, and to unbind', async () => {
    const esme = await RawEsme.bound(smsc.port);
    for (const command of ['enquire_link', 'unbind']) {
      const asked = smsc.ask(command);
      expect(await esme.next()).toMatchObject({ command });
      esme.socket.write(writePdu({ command: `${command}_resp`, sequence: asked.sequence }));
      await expect.poll(() => smsc.answerTo(asked)).toMatchObject({ command: `${command}_resp` });
    }
    await esme.closed;
    expect(() => smsc.ask('enquire_link')).toThrow('No ESME is bound.');
  });
});

describe('what an ESME does wrong is a fault', () => {
  it('a PDU that is not right, which is refused and never reaches the script', async () => {
    smsc.follow({ submit: nth(1, refuse(STATUS.throttled)) });
    const esme = await RawEsme.bound(smsc.port);
    esme.send('submit_sm', { ...TEXT, destination_addr: '9'.repeat(21) });
    expect(await esme.next()).toMatchObject({ command: 'submit_sm_resp', status: STATUS.systemError });
    esme.send('submit_sm', TEXT);
    expect(await esme.next()).toMatchObject({ command: 'submit_sm_resp', status: STATUS.throttled });
    expect(smsc.takeFaults()).toEqual(['connection 1: submit_sm: destination_addr has 21 characters, not at most 20']);
  });

  it.each([
    ['submit_sm', 'open', STATUS.wrongBindState],
    ['enquire_link', 'open', STATUS.wrongBindState],
    ['bind_transceiver', 'bound', STATUS.alreadyBound],
  ])('%s on a connection that is %s', async (command, state, status) => {
    const esme = await (state === 'open' ? RawEsme.open(smsc.port) : RawEsme.bound(smsc.port));
    esme.send(command, command === 'submit_sm' ? TEXT : {});
    expect(await esme.next()).toMatchObject({ command: `${command}_resp`, status });
    expect(smsc.takeFaults()).toEqual([`connection 1: ${command} on a connection that is ${state}`]);
  });

  it.each([15, 70_001])('a length of %i bytes, after which nothing can be read', async (length) => {
    const esme = await RawEsme.bound(smsc.port);
    const bytes = writePdu({ command: 'enquire_link', sequence: 2 });
    bytes.writeUInt32BE(length);
    esme.socket.write(bytes);
    expect(await esme.next()).toMatchObject({ command: 'generic_nack', status: STATUS.invalidCommandLength });
    await esme.closed;
    expect(smsc.takeFaults()).toEqual([`connection 1: a PDU of ${length} bytes`]);
  });

  it('a command that is not known, a number that is used twice, an answer that nobody asked for', async () => {
    const esme = await RawEsme.bound(smsc.port);
    const unknown = writePdu({ command: 'enquire_link', sequence: 2 });
    unknown.writeUInt32BE(0x0103, 4);
    esme.socket.write(unknown);
    expect(await esme.next()).toMatchObject({ command: 'generic_nack', status: STATUS.invalidCommand });
    esme.socket.write(writePdu({ command: 'enquire_link', sequence: 2 }));
    esme.socket.write(writePdu({ command: 'deliver_sm_resp', sequence: 9 }));
    await expect.poll(() => smsc.faults).toHaveLength(3);
    expect(smsc.takeFaults()).toEqual([
      'connection 1: 0x00000103: the command is not known',
      'connection 1: enquire_link has the sequence number 2 of another',
      'connection 1: deliver_sm_resp answers 9, which nobody asked',
    ]);
  });

  it('an answer of another kind than the question', async () => {
    const esme = await RawEsme.bound(smsc.port);
    const { sequence } = smsc.ask('enquire_link');
    esme.socket.write(writePdu({ command: 'deliver_sm_resp', sequence }));
    await expect.poll(() => smsc.faults).toHaveLength(1);
    expect(smsc.takeFaults()).toEqual(['connection 1: deliver_sm_resp answers enquire_link']);
  });

  it('a connection that ends in the middle of a PDU', async () => {
    const esme = await RawEsme.bound(smsc.port);
    esme.socket.end(Buffer.alloc(9));
    await expect.poll(() => smsc.faults).toHaveLength(1);
    expect(smsc.takeFaults()).toEqual(['connection 1: it ended with 9 bytes of a PDU']);
  });

  it('and the recorder does not stop in silence over one', async () => {
    const strict = await startSmscRecorder();
    const esme = await RawEsme.open(strict.port);
    esme.send('submit_sm', TEXT);
    await esme.next();
    await expect(strict.stop()).rejects.toThrow('submit_sm on a connection that is open');
  });
});

describe('the SMSC as a host', () => {
  it('stands still and goes on', async () => {
    const esme = await RawEsme.bound(smsc.port);
    smsc.pause();
    esme.send('enquire_link');
    const late = await RawEsme.open(smsc.port);
    late.send('bind_transceiver');
    await expect.poll(() => smsc.openConnections).toBe(2);
    // By the time that another SMSC has answered, this one would have.
    const other = await startSmscRecorder();
    onTestFinished(async () => other.stop());
    await RawEsme.bound(other.port);
    expect(smsc.pdus).toHaveLength(2);
    smsc.resume();
    expect(await esme.next()).toMatchObject({ command: 'enquire_link_resp' });
    expect(await late.next()).toMatchObject({ command: 'bind_transceiver_resp' });
  });

  it('goes away and comes back on the same port', async () => {
    const esme = await RawEsme.bound(smsc.port);
    await smsc.goAway();
    await expect(esme.next()).rejects.toThrow('the connection has ended');
    await expect(RawEsme.open(smsc.port)).rejects.toThrow('ECONNREFUSED');
    await smsc.comeBack();
    await RawEsme.bound(smsc.port);
    expect(smsc).toMatchObject({ connections: 2, openConnections: 1 });
  });

  it('drops its connections and keeps listening', async () => {
    const esme = await RawEsme.bound(smsc.port);
    smsc.drop();
    await expect(esme.next()).rejects.toThrow('the connection has ended');
    await RawEsme.bound(smsc.port);
  });

  it('sends bytes as they are', async () => {
    const esme = await RawEsme.bound(smsc.port);
    smsc.write(Buffer.of(0, 0, 0, 99, 1));
    await expect.poll(() => esme.received).toEqual(Buffer.of(0, 0, 0, 99, 1));
  });
});
