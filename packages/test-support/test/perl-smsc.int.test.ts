import { beforeEach, describe, expect, it } from 'vitest';
import { hasPerlSmsc, PERL_MESSAGE_ID, type PerlSmsc, startPerlSmsc } from '../src/perl-smsc.ts';
import { userDataOf, writePdu } from '../src/smpp-pdu.ts';
import { RawEsme, TEXT } from './raw-esme.ts';

describe.runIf(hasPerlSmsc)("the example SMSC of Perl's Net::SMPP", () => {
  let smsc: PerlSmsc;

  beforeEach(async () => {
    smsc = await startPerlSmsc();
    return async () => smsc.stop();
  });

  it('reads every field and parameter that the recorder writes, byte for byte', async () => {
    const fields = {
      source_addr_ton: 5,
      source_addr: 'EKOIND',
      dest_addr_ton: 1,
      dest_addr_npi: 1,
      destination_addr: '919876543210',
      esm_class: 0x40,
      validity_period: '000000000500000R',
      data_coding: 8,
      short_message: Buffer.of(5, 0, 3, 9, 2, 1, 0x20, 0xb9, 0x00, 0x0a, 0xff, 0xff),
    };
    const tlvs = [
      { tag: 0x02_04, value: Buffer.of(0, 7) },
      { tag: 0x14_00, value: Buffer.from('1201159\0') },
      { tag: 0x14_01, value: Buffer.from('1407161') },
    ];
    const esme = await RawEsme.bound(smsc.port);
    const sequence = esme.send('submit_sm', fields, tlvs);
    expect(await esme.next()).toMatchObject({
      command: 'submit_sm_resp',
      status: 0,
      fields: { message_id: PERL_MESSAGE_ID },
    });
    const [submit] = smsc.submits();
    expect(submit).toMatchObject({ command: 'submit_sm', status: 0, sequence, tlvs });
    expect(submit?.fields).toMatchObject({ ...fields, short_message: fields.short_message.toString('latin1') });
    expect(submit?.body).toEqual(writePdu({ command: 'submit_sm', sequence, fields, tlvs }).subarray(16));
    expect(smsc.received().map(({ command }) => command)).toEqual(['bind_transceiver', 'submit_sm']);
  });

  it('sends a receipt if one is asked for, which the reader of the recorder understands', async () => {
    const esme = await RawEsme.bound(smsc.port);
    esme.send('submit_sm', { ...TEXT, source_addr: 'EKOIND', registered_delivery: 1 });
    expect(await esme.next()).toMatchObject({ command: 'submit_sm_resp' });
    const receipt = await esme.next();
    expect(receipt).toMatchObject({ command: 'deliver_sm', faults: [] });
    expect(receipt.fields).toMatchObject({
      esm_class: 4,
      source_addr: '919876543210',
      destination_addr: 'EKOIND',
    });
    expect(userDataOf(receipt).text.toString()).toContain(`id:${PERL_MESSAGE_ID} sub:001 dlvrd:001`);
    expect(receipt.tlvs).toEqual([
      { tag: 0x00_1e, value: Buffer.from(`${PERL_MESSAGE_ID}\0`) },
      { tag: 0x04_27, value: Buffer.of(2) },
    ]);
    esme.socket.write(writePdu({ command: 'deliver_sm_resp', sequence: receipt.sequence }));
    await expect.poll(() => smsc.received().at(-1)).toMatchObject({ command: 'deliver_sm_resp' });
    esme.send('enquire_link');
    expect(await esme.next()).toMatchObject({ command: 'enquire_link_resp' });
  });

  it('stands still, goes on, ends with every connection, and comes back on its port', async () => {
    const esme = await RawEsme.bound(smsc.port);
    smsc.signal('SIGSTOP');
    esme.send('enquire_link');
    smsc.signal('SIGCONT');
    expect(await esme.next()).toMatchObject({ command: 'enquire_link_resp' });
    await smsc.kill();
    await esme.closed;
    await smsc.start();
    const again = await RawEsme.bound(smsc.port);
    again.send('unbind');
    expect(await again.next()).toMatchObject({ command: 'unbind_resp' });
    expect(smsc.received().map(({ command }) => command)).toEqual([
      'bind_transceiver',
      'enquire_link',
      'bind_transceiver',
      'unbind',
    ]);
  });

  it('refuses binds and throttles submits if it is told to', async () => {
    await smsc.kill();
    await smsc.start({ bindStatus: 0x0d });
    const esme = await RawEsme.open(smsc.port);
    esme.send('bind_transceiver');
    expect(await esme.next()).toMatchObject({ command: 'bind_transceiver_resp', status: 0x0d });
    await smsc.kill();
    await smsc.start({ throttleEach: 2 });
    const bound = await RawEsme.bound(smsc.port);
    const statuses: number[] = [];
    for (let count = 0; count < 4; count += 1) {
      bound.send('submit_sm', TEXT);
      statuses.push((await bound.next()).status);
    }
    expect(statuses).toEqual([0, 0x58, 0, 0x58]);
  });

  it('ends before the answer to a submit, which it has read, if it is told to', async () => {
    await smsc.kill();
    await smsc.start({ killedAt: 2 });
    const esme = await RawEsme.bound(smsc.port);
    esme.send('submit_sm', TEXT);
    expect(await esme.next()).toMatchObject({ command: 'submit_sm_resp', status: 0 });
    esme.send('submit_sm', TEXT);
    await expect(esme.next()).rejects.toThrow('the connection has ended');
    await expect.poll(() => smsc.hasEnded()).toBe(true);
    expect(smsc.submits()).toHaveLength(2);
  });
});
