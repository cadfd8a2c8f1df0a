import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { hasOpenssl, newCertificate } from '../src/certificate.ts';
import { receiptFor } from '../src/delivery-receipt.ts';
import { hasKannel, type Kannel, type KannelText, startKannel } from '../src/kannel.ts';
import { tlvOf, userDataOf } from '../src/smpp-pdu.ts';
import { type RecordedPdu, type SmscRecorder, startSmscRecorder } from '../src/smsc-recorder.ts';
import { lose, nth, refuse, STATUS } from '../src/smsc-script.ts';

const [PE_ID, TEMPLATE_ID, MORE_MESSAGES] = [0x14_00, 0x14_01, 0x04_26];
const ADDRESSES = { from: 'EKOIND', to: '919876543210' };

describe.runIf(hasKannel)('Kannel, an ESME that nobody here wrote, and the recorder', () => {
  let smsc: SmscRecorder;
  let kannel: Kannel;

  const send = async (text: Omit<KannelText, 'from' | 'to'>): Promise<void> => kannel.send({ ...ADDRESSES, ...text });
  const submits = async (count: number): Promise<readonly RecordedPdu[]> => {
    await expect.poll(() => smsc.submits.length).toBe(count);
    return smsc.submits;
  };

  beforeEach(async () => {
    smsc = await startSmscRecorder();
    kannel = await startKannel({ smscPort: smsc.port, parameters: { PE_ID, TEMPLATE_ID } });
  });
  afterEach(async () => {
    await kannel.stop();
    // Rejects if it found a single fault in what Kannel sends.
    await smsc.stop();
  });

  it('bind as a transceiver of version 3.4, and unbind when Kannel ends', async () => {
    await expect.poll(() => smsc.binds).toMatchObject([{ command: 'bind_transceiver' }]);
    expect(smsc.binds[0]?.fields).toMatchObject({ system_id: 'kannel', password: 'secret', interface_version: 0x34 });
    kannel.signal('SIGTERM');
    await expect.poll(() => smsc.pdus.map(({ command }) => command).slice(-2)).toEqual(['unbind', 'unbind_resp']);
  });

  it('agree on the alphabet of GSM: @, the extension table and a line feed, under data coding 0', async () => {
    await send({ text: '@£$ [€]\n_Δ', parameters: { PE_ID: '1201159', TEMPLATE_ID: '1407161234567890123' } });
    const [submit] = await submits(1);
    expect(userDataOf(submit!).text.toString('hex')).toBe('000102201b3c1b651b3e0a1110');
    expect(submit?.fields).toMatchObject({
      source_addr_ton: 5,
      source_addr: 'EKOIND',
      dest_addr_ton: 1,
      dest_addr_npi: 1,
      destination_addr: '919876543210',
      data_coding: 0,
      registered_delivery: 0,
    });
    expect(tlvOf(submit!, PE_ID)).toEqual(Buffer.from('1201159'));
    expect(tlvOf(submit!, TEMPLATE_ID)).toEqual(Buffer.from('1407161234567890123'));
  });

  it('agree on UCS-2, big end first, under data coding 8', async () => {
    await send({ text: '₹ नमस्ते 😀', isUnicode: true });
    const [submit] = await submits(1);
    expect(userDataOf(submit!).text).toEqual(Buffer.from('₹ नमस्ते 😀', 'utf16le').swap16());
    expect(submit?.fields).toMatchObject({ data_coding: 8 });
  });

  it.each([
    { alphabet: 'the alphabet of GSM', text: 'x'.repeat(161), isUnicode: false, lengths: [153, 8] },
    { alphabet: 'UCS-2', text: '₹'.repeat(71), isUnicode: true, lengths: [134, 8] },
  ])('agree on the parts of a text in $alphabet', async ({ text, isUnicode, lengths }) => {
    await send({ text, isUnicode, parameters: { PE_ID: '1201159' } });
    const parts = await submits(2);
    const data = parts.map(userDataOf);
    const reference = data[0]?.header[3];
    expect(data.map(({ header }) => [...header])).toEqual([
      [5, 0, 3, reference, 2, 1],
      [5, 0, 3, reference, 2, 2],
    ]);
    expect(data.map((part) => part.text.length)).toEqual(lengths);
    expect(parts.map(({ fields }) => Number(fields['esm_class']) & 0x40)).toEqual([0x40, 0x40]);
    expect(parts.map((part) => tlvOf(part, PE_ID)?.toString())).toEqual(['1201159', '1201159']);
    expect(parts.map((part) => tlvOf(part, MORE_MESSAGES))).toEqual([Buffer.of(1), undefined]);
  });

  it.each(['text', 'parameters', 'both'] as const)('agree on a receipt, in the form: %s', async (form) => {
    const reports: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      reports.push(request.url);
      response.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const reportTo = `http://127.0.0.1:${(server.address() as AddressInfo).port}/%d`;

    await send({ text: 'Hello', reportTo });
    const [submit] = await submits(1);
    expect(submit?.fields).toMatchObject({ registered_delivery: 1 });
    const messageId = smsc.answerTo(submit!)?.fields['message_id'] as string;
    const asked = smsc.ask(...receiptFor(submit!, { messageId, state: 'DELIVRD', form }));
    await expect.poll(() => smsc.answerTo(asked)).toMatchObject({ command: 'deliver_sm_resp', status: 0 });
    await expect.poll(() => reports).toEqual(['/1']);
  });

  it('agree on what an enquire_link is, and an unbind of the SMSC', async () => {
    await expect.poll(() => smsc.binds).toHaveLength(1);
    const link = smsc.ask('enquire_link');
    await expect.poll(() => smsc.answerTo(link)).toMatchObject({ command: 'enquire_link_resp' });
    const end = smsc.ask('unbind');
    await expect.poll(() => smsc.answerTo(end)).toMatchObject({ command: 'unbind_resp' });
    await expect.poll(() => smsc.binds).toHaveLength(2);
  });

  it('bind again after a refusal, and submit again what was lost before its answer', async () => {
    smsc.follow({ bind: nth(2, refuse(STATUS.bindFailed)), submit: nth(1, lose('before')) });
    await expect.poll(() => smsc.binds).toHaveLength(1);
    await send({ text: 'Hello' });
    const texts = (await submits(2)).map((submit) => userDataOf(submit).text.toString());
    expect(texts).toEqual(['Hello', 'Hello']);
    expect(smsc.binds).toHaveLength(3);
  });
});

it.runIf(hasKannel && hasOpenssl)('Kannel and the recorder do the same over TLS', async () => {
  const smsc = await startSmscRecorder({ certificate: newCertificate() });
  onTestFinished(async () => smsc.stop());
  const kannel = await startKannel({ smscPort: smsc.port, usesTls: true });
  onTestFinished(async () => kannel.stop());
  await kannel.send({ ...ADDRESSES, text: 'Hello' });
  await expect.poll(() => smsc.submits.map((submit) => userDataOf(submit).text.toString())).toEqual(['Hello']);
});
