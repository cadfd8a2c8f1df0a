/** SMSCs that nobody here wrote: that they understand what is sent, and what becomes of messages when they are ended. */
import type { SmsReceipt } from '@verified-mobile/issuer';
import { hasDriveSmpp, startDriveSmpp } from '@verified-mobile/test-support/drive-smpp';
import {
  hasPerlSmsc,
  PERL_MESSAGE_ID,
  type PerlPdu,
  type PerlSmsc,
  startPerlSmsc,
} from '@verified-mobile/test-support/perl-smsc';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DLT, routeTo, send, sms, type Stage } from './stage.ts';

const DIFFICULT = '123456: {€5}\n[@~^\\|]\n@pay.example.in #123456';
const HINDI = '₹2,500 के लिए OTP 123456 है 😀';
const CHAIN = { telemarketerIds: ['1302157225275643280', '1302999225275643281'] };

async function perl(options: Parameters<typeof routeTo>[1] = {}): Promise<{ smsc: PerlSmsc } & Omit<Stage, 'smsc'>> {
  const smsc = await startPerlSmsc();
  onTestFinished(async () => smsc.stop());
  return { smsc, ...routeTo(`smpp://127.0.0.1:${smsc.port}`, options) };
}

/** The text of each submit, whose characters are its bytes. */
const textsOf = (submits: readonly PerlPdu[]): string[] => submits.map(({ fields }) => String(fields['short_message']));

describe.runIf(hasPerlSmsc)("Perl's Net::SMPP", () => {
  it('reads what is sent, in both alphabets and with the DLT registration, and answers enquire_link', async () => {
    const { smsc, route } = await perl({ dlt: CHAIN, enquireLinkSeconds: 1 });
    expect(await send(route, sms(DIFFICULT))).toEqual({ outcome: 'accepted', messageId: PERL_MESSAGE_ID });
    expect(await send(route, sms(HINDI))).toMatchObject({ outcome: 'accepted' });
    const [latin, hindi] = smsc.submits();
    expect(latin?.fields).toMatchObject({ source_addr: DLT.header, destination_addr: '919002336768', data_coding: 0 });
    expect(Buffer.from(textsOf([latin!])[0]!, 'latin1').toString('hex')).toBe(
      '3132333435363a201b281b65351b290a1b3c001b3d1b141b2f1b401b3e0a007061792e6578616d706c652e696e2023313233343536',
    );
    expect(hindi?.fields['data_coding']).toBe(8);
    expect(
      Buffer.from(textsOf([hindi!])[0]!, 'latin1')
        .swap16()
        .toString('utf16le'),
    ).toBe(HINDI);
    expect(latin?.tlvs.map(({ tag, value }) => [tag, value.toString('latin1')])).toEqual([
      [0x1400, DLT.entityId],
      [0x1401, DLT.templateId],
      [0x1402, expect.stringMatching(/^[0-9a-f]{64}$/)],
    ]);
    await expect.poll(() => smsc.received().map(({ command }) => command)).toContain('enquire_link');
    await route.ready();
  });

  it('sends a receipt, which is answered and passed on', async () => {
    const { smsc, route } = await perl();
    const receipts: SmsReceipt[] = [];
    route.onReceipt((receipt) => void receipts.push(receipt));
    await send(route);
    await expect.poll(() => receipts).toEqual([{ messageId: PERL_MESSAGE_ID, status: 'delivered' }]);
    await expect.poll(() => smsc.received().at(-1)).toMatchObject({ command: 'deliver_sm_resp', status: 0 });
  });

  it('sees the unbind when the route is closed', async () => {
    const { smsc, route } = await perl();
    await route.ready();
    await route.close();
    await expect.poll(() => smsc.received().at(-1)?.command).toBe('unbind');
  });

  it('paused costs what is under way, as unknown, and is used again when it goes on', async () => {
    const { smsc, route } = await perl({ window: 5, responseTimeoutMs: 1_000 });
    await route.ready();
    smsc.signal('SIGSTOP');
    const results = await Promise.all(
      Array.from({ length: 12 }, async (_, index) => send(route, sms(`paused ${index}`))),
    );
    expect(results.filter(({ outcome }) => outcome === 'unknown')).toHaveLength(5);
    expect(results.filter(({ outcome }) => outcome === 'refused')).toHaveLength(7);
    smsc.signal('SIGCONT');
    await expect.poll(async () => send(route, sms('after'))).toMatchObject({ outcome: 'accepted' });
    const sent = textsOf(smsc.submits()).filter((text) => text.startsWith('paused'));
    expect(new Set(sent).size).toBe(sent.length);
  });
});

describe.runIf(hasDriveSmpp)("the SMSC driver of Kannel's tests", () => {
  it('reads text and DLT registration, sends messages and enquire_links, and has them answered', async () => {
    const smsc = await startDriveSmpp({ deliveries: 3 });
    onTestFinished(async () => smsc.stop());
    const { route } = routeTo(`smpp://127.0.0.1:${smsc.port}`, { dlt: { ...CHAIN, form: 'c-string' } });
    // It gives no id.
    expect(await send(route, sms('123456 is the OTP.\nOf {EKO}'))).toEqual({ outcome: 'accepted' });
    await expect.poll(() => smsc.submits().length).toBe(1);
    const [submit] = smsc.submits();
    expect(submit?.text).toBe('123456 is the OTP.\nOf \u001b(EKO\u001b)');
    expect(submit?.parameters.map(({ tag, value }) => [tag, value?.toString('latin1')])).toEqual([
      [0x1400, `${DLT.entityId}\0`],
      [0x1401, `${DLT.templateId}\0`],
      [0x1402, expect.stringMatching(/^[0-9a-f]{64}\0$/)],
    ]);
    await expect.poll(() => [smsc.count('deliver_sm_resp'), smsc.count('enquire_link_resp')]).toEqual([3, 3]);
  });

  it('killed is bound to again when it is back', async () => {
    const smsc = await startDriveSmpp();
    onTestFinished(async () => smsc.stop());
    const { route, faults } = routeTo(`smpp://127.0.0.1:${smsc.port}`);
    await route.ready();
    await smsc.kill();
    await expect.poll(() => faults.map(({ kind }) => kind)).toContain('lost');
    await smsc.start();
    await expect.poll(async () => send(route)).toMatchObject({ outcome: 'accepted' });
  });
});
