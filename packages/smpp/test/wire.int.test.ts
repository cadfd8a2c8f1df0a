/** What stands on the wire, byte for byte, at an SMSC written from the specification alone. */
import { createHash } from 'node:crypto';
import { tlvOf, userDataOf } from '@verified-mobile/test-support/smpp-pdu';
import type { RecordedPdu } from '@verified-mobile/test-support/smsc-recorder';
import { describe, expect, it } from 'vitest';
import { DLT, PASSWORD, send, sms, stage } from './stage.ts';

async function submitted(text: string, options: Parameters<typeof stage>[0] = {}): Promise<RecordedPdu[]> {
  const { smsc, route } = await stage(options);
  expect(await send(route, sms(text))).toMatchObject({ outcome: 'accepted' });
  return smsc.submits;
}

describe('the bind', () => {
  it('is of a transceiver, says SMPP 3.4, and names account, password and type', async () => {
    const { smsc, route } = await stage({ systemType: 'OTP' });
    await route.ready();
    expect(smsc.binds[0]).toMatchObject({
      command: 'bind_transceiver',
      fields: {
        system_id: 'payouts',
        password: PASSWORD,
        system_type: 'OTP',
        interface_version: 0x34,
        address_range: '',
      },
    });
  });

  it('is of a transmitter if receipts come another way, and then none are asked for', async () => {
    const { smsc, route } = await stage({ bind: 'transmitter' });
    await send(route);
    expect(smsc.binds[0]?.command).toBe('bind_transmitter');
    expect(smsc.submits[0]?.fields['registered_delivery']).toBe(0);
  });
});

describe('a message', () => {
  it('goes from the registered header to the mobile with its country code, and asks for a receipt', async () => {
    const [submit] = await submitted('123456 is the OTP.');
    expect(submit?.fields).toMatchObject({
      source_addr_ton: 5,
      source_addr_npi: 0,
      source_addr: 'EKOIND',
      dest_addr_ton: 1,
      dest_addr_npi: 1,
      destination_addr: '919002336768',
      esm_class: 0,
      registered_delivery: 1,
      data_coding: 0,
    });
  });

  it('without a registration goes from the address of the route, or from none and of no type', async () => {
    const { dlt: _none, ...message } = sms();
    const named = await stage({ sourceAddress: '56161', sourceTon: 3, sourceNpi: 1, receipts: false });
    await send(named.route, message);
    expect(named.smsc.submits[0]?.fields).toMatchObject({
      source_addr_ton: 3,
      source_addr_npi: 1,
      source_addr: '56161',
      registered_delivery: 0,
    });
    expect(named.smsc.submits[0]?.tlvs).toEqual([]);
    const nameless = await stage();
    await send(nameless.route, message);
    expect(nameless.smsc.submits[0]?.fields).toMatchObject({ source_addr_ton: 0, source_addr_npi: 0, source_addr: '' });
  });

  it.each([
    ['relative', /^00000000(?:0500|04\d\d)000R$/],
    ['absolute', /^\d{12}000\+$/],
    ['none', /^$/],
  ] as const)('says until when it is worth delivering: %s', async (validityPeriod, expected) => {
    const [submit] = await submitted('123456 is the OTP.', { validityPeriod });
    expect(submit?.fields['validity_period']).toMatch(expected);
  });

  it.each([
    ['of another script in the header', { dlt: { ...DLT, header: 'ЕКОИНД' } }],
    ['with an entity id that is no number', { dlt: { ...DLT, entityId: '110 145' } }],
    ['with a template id without end', { dlt: { ...DLT, templateId: '1'.repeat(65) } }],
    ['to what is no number', { to: '+91900x336768' }],
    ['longer than 255 segments', { text: 'x'.repeat(153 * 255 + 1) }],
  ])('%s is refused, and nothing is sent', async (_what, fields) => {
    const { smsc, route } = await stage();
    const refusal = { outcome: 'refused', reason: 'message', operatorCode: 'unwritable' };
    expect(await send(route, sms('123456 is the OTP.', fields))).toEqual(refusal);
    expect(smsc.submits).toEqual([]);
  });
});

describe('the DLT registration', () => {
  it('stands in 0x1400 and 0x1401, without a NUL and without a hash of no chain', async () => {
    const [submit] = await submitted('123456 is the OTP.');
    expect(submit?.tlvs).toEqual([
      { tag: 0x1400, value: Buffer.from('1101456890000012345') },
      { tag: 0x1401, value: Buffer.from('1107169000000054321') },
    ]);
  });

  it('names the chain by its hash: lower-case hexadecimal SHA-256 of its ids with commas', async () => {
    const [submit] = await submitted('123456 is the OTP.', {
      dlt: { telemarketerIds: ['1302157225275643280', '1302999225275643281'] },
    });
    const hash = createHash('sha256')
      .update('1101456890000012345,1302157225275643280,1302999225275643281')
      .digest('hex');
    expect(tlvOf(submit!, 0x1402)?.toString('latin1')).toBe(hash);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('has the tags and the NUL that the provider wants', async () => {
    const dlt = { entityIdTag: '0x1500', templateIdTag: 0x1401, chainHashTag: '5378', form: 'c-string' } as const;
    const [submit] = await submitted('123456 is the OTP.', {
      dlt: { ...dlt, telemarketerIds: ['1302157225275643280'] },
    });
    const hash = createHash('sha256').update('1101456890000012345,1302157225275643280').digest('hex');
    expect(submit?.tlvs).toEqual([
      { tag: 0x1500, value: Buffer.from('1101456890000012345\0') },
      { tag: 0x1401, value: Buffer.from('1107169000000054321\0') },
      { tag: 0x1502, value: Buffer.from(`${hash}\0`) },
    ]);
  });

  it('of the chain is left out if the route says so, and all of it if there is no place for it', async () => {
    const [without] = await submitted('1 is the OTP.', {
      dlt: { chainHashTag: null, telemarketerIds: ['1302157225275643280'] },
    });
    expect(without?.tlvs.map(({ tag }) => tag)).toEqual([0x1400, 0x1401]);
    const [bare] = await submitted('1 is the OTP.', { dlt: null });
    expect(bare?.tlvs).toEqual([]);
    expect(bare?.fields['source_addr']).toBe('EKOIND');
  });

  it('of one route does not show in another with other tags', async () => {
    const [one, other] = await Promise.all([stage(), stage({ dlt: { entityIdTag: 0x1401, templateIdTag: 0x1400 } })]);
    await Promise.all([send(one.route), send(other.route)]);
    expect(tlvOf(one.smsc.submits[0]!, 0x1400)?.toString()).toBe(DLT.entityId);
    expect(tlvOf(other.smsc.submits[0]!, 0x1400)?.toString()).toBe(DLT.templateId);
  });
});

describe('a text', () => {
  it.each([
    ['@ is 0x00, of alphabet 0', '@host', '00686f7374'],
    ['a line feed stays one', 'a\nb', '610a62'],
    ['£$¥ and _ have codes of their own', '£$¥_', '01020311'],
    ['brackets, backslash and euro are escaped', '{}[]\\^~|€', '1b281b291b3c1b3e1b2f1b141b3d1b401b65'],
    ['as WebOTP has it', '123456 is your OTP\n@pay.example.in #123456', undefined],
  ])('in the GSM alphabet: %s', async (_what, text, hex) => {
    const [submit] = await submitted(text);
    expect(submit?.fields['data_coding']).toBe(0);
    const expected = hex ?? Buffer.from(text, 'latin1').toString('hex').replaceAll('40', '00');
    expect(userDataOf(submit!).text.toString('hex')).toBe(expected);
  });

  it.each([
    ['₹', 'Pay ₹10', '0050006100790020'.concat('20b9', '00310030')],
    ['Devanagari', 'कोड', '0915094b0921'],
    ['an emoji, which is a pair of units', '😀', 'd83dde00'],
    ['an escape character, which the GSM alphabet has for itself', '\u001Be', '001b0065'],
  ])('with %s is UCS-2, the high byte first', async (_what, text, hex) => {
    const [submit] = await submitted(text);
    expect(submit?.fields['data_coding']).toBe(8);
    expect(userDataOf(submit!).text.toString('hex')).toBe(hex);
  });

  it.each([
    ['160 characters', 'x'.repeat(160), 1],
    ['161 characters', 'x'.repeat(161), 2],
    ['80 that are escaped', '€'.repeat(80), 1],
    ['81 that are escaped', '€'.repeat(81), 2],
    ['70 of UCS-2', 'क'.repeat(70), 1],
    ['71 of UCS-2', 'क'.repeat(71), 2],
    ['35 emoji', '😀'.repeat(35), 1],
    ['36 emoji', '😀'.repeat(36), 2],
    ['306 characters', 'x'.repeat(306), 2],
    ['307 characters', 'x'.repeat(307), 3],
    ['134 of UCS-2', 'क'.repeat(134), 2],
    ['135 of UCS-2', 'क'.repeat(135), 3],
  ])('of %s takes as many SMS as it must', async (_what, text, count) => {
    expect(await submitted(text)).toHaveLength(count);
  });

  it('of several SMS is joined by headers, asks for one receipt, and no character is cut in two', async () => {
    for (const text of [`${'x'.repeat(152)}€${'y'.repeat(151)}{}`, `${'क'.repeat(66)}😀${'क'.repeat(65)}😀😀`]) {
      const submits = await submitted(text);
      const isUcs2 = submits[0]?.fields['data_coding'] === 8;
      const parts = submits.map((submit) => userDataOf(submit));
      const [reference] = parts.map(({ header }) => header[3]);
      expect(parts.map(({ header }) => [...header])).toEqual([1, 2, 3].map((part) => [5, 0, 3, reference, 3, part]));
      expect(submits.map(({ fields }) => fields['esm_class'])).toEqual([0x40, 0x40, 0x40]);
      expect(submits.map(({ fields }) => fields['registered_delivery'])).toEqual([0, 0, 1]);
      expect(submits.every(({ tlvs }) => tlvs.length === 2)).toBe(true);
      const lengths = parts.map((part) => part.text.length);
      expect(Math.max(...lengths)).toBeLessThanOrEqual(isUcs2 ? 134 : 153);
      expect(lengths[0]).toBe(isUcs2 ? 132 : 152);
      for (const part of parts) {
        const last = isUcs2 ? part.text.readUInt16BE(part.text.length - 2) & 0xfc00 : part.text.at(-1);
        expect(last).not.toBe(isUcs2 ? 0xd800 : 0x1b);
      }
    }
  });

  it('has another reference than the one before it', async () => {
    const { smsc, route } = await stage();
    for (let count = 0; count < 257; count += 1) await send(route, sms('x'.repeat(161)));
    const references = smsc.submits
      .filter((_submit, index) => index % 2 === 0)
      .map((submit) => userDataOf(submit).header[3]!);
    expect(new Set(references.slice(0, 256)).size).toBe(256);
    expect(references[256]).toBe(references[0]);
  });

  it('goes whole to a provider that joins long ones itself', async () => {
    const text = '{'.repeat(100);
    const [submit, ...others] = await submitted(text, { longMessages: 'payload' });
    expect(others).toEqual([]);
    expect(submit?.fields).toMatchObject({ esm_class: 0, sm_length: 0, registered_delivery: 1 });
    expect(tlvOf(submit!, 0x0424)?.toString('hex')).toBe('1b28'.repeat(100));
    expect(tlvOf(submit!, 0x1400)?.toString()).toBe(DLT.entityId);
  });
});
