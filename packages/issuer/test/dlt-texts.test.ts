import { describe, expect, it } from 'vitest';
import { type IssuerAccount, IssuerError, type IssuerFault, type IssuerOptions } from '@verified-mobile/issuer';
import { type DltRegistry, readDltRegistry } from '@verified-mobile/issuer/dlt';
import { compose } from '../src/dlt/compose.ts';
import { maskPayee } from '../src/dlt/values.ts';
import { registeredTexts } from '../src/dlt/registry.ts';
import type { Composition } from '../src/domain/ports.ts';
import { EXAMPLE, forTransaction, registryOf } from './support/dlt-registries.ts';
import {
  BANK,
  goodOptions,
  issuerUnderTest,
  type IssuerUnderTest,
  limitedIssuerUnderTest,
  SHOP,
  START,
} from './support/issuer-under-test.ts';

interface Scrubbed extends IssuerUnderTest {
  faults: IssuerFault[];
}

/** The shop alone, in production, with what is registered for it. */
function shopWith(dltRegistry: DltRegistry, changes: Partial<IssuerOptions> = {}): Scrubbed {
  const faults: IssuerFault[] = [];
  const onFault = (fault: IssuerFault): void => void faults.push(fault);
  const issuer = limitedIssuerUnderTest({ accounts: [SHOP], dltRegistry, onFault, ...changes });
  return { ...issuer, faults };
}

const APPROVAL = forTransaction('{#numeric#} pays Rs {#numeric#} to {#alphanumeric#}. Ask nobody.\n- Shop');
const transaction = { amount: 2500, payee: 'Asha Traders' };

describe('the text of an account with a registration', () => {
  it('is what is registered, line feeds included, with the fields that operators compare', async () => {
    const issuer = issuerUnderTest({ dltRegistry: readDltRegistry(EXAMPLE) });
    await issuer.send();
    const code = issuer.newestCode();
    expect(issuer.sms[0]).toEqual({
      to: '+919002336768',
      text:
        `${code} is the OTP to verify your mobile number. Valid for 5 min.\n- Example Shop\n` +
        `FA+9qCX9VSu\n@pay.shop.example.in #${code}`,
      account: 'shop',
      purpose: 'mobile-verification',
      template:
        '{#numeric#} is the OTP to verify your mobile number. Valid for {#numeric#} min.\n- Example Shop\n' +
        'FA+9qCX9VSu\n@pay.shop.example.in #{#numeric#}',
      dlt: {
        entityId: '1701158000000000001',
        header: 'EXSHOP',
        headerId: '1705158000000000011',
        category: 'service-implicit',
        templateId: '1707158000000000101',
      },
      challengeId: expect.any(String) as string,
      expiresAt: START + 300_000,
    });
    expect((await issuer.verify()).status).toBe(0);
  });

  it('says amount and payee of a transaction, the payee masked if it is registered so', async () => {
    const issuer = issuerUnderTest({ dltRegistry: readDltRegistry(EXAMPLE) });
    await issuer.send({ transaction: { amount: '2500.50', payee: '026291800001191' } });
    await issuer.send({ transaction }, BANK);
    expect(issuer.sms.map(({ text }) => text.slice(6))).toEqual([
      ' is the OTP to pay INR 2500.50 to XX1191. Do not share it.\n- Example Shop',
      ' is the OTP to pay Rs 2500 to Asha Traders.\n- Example Bank',
    ]);
    expect(issuer.sms[1]?.dlt).toEqual({
      entityId: '1701158000000000002',
      header: 'EXBANK',
      category: 'transactional',
      templateId: '1707158000000000202',
    });
  });

  it('goes out under the first header that its template is registered for', async () => {
    const two = EXAMPLE.replace(
      '    templates:',
      '      - { header: EXSHPA, category: transactional }\n    templates:',
    );
    const issuer = issuerUnderTest({ dltRegistry: readDltRegistry(two.replace('[EXSHOP]', '[EXSHPA, EXSHOP]')) });
    await issuer.send();
    await issuer.send({ language: 'hi' });
    expect(issuer.sms.map(({ dlt }) => [dlt?.header, dlt?.headerId, dlt?.category])).toEqual([
      ['EXSHPA', undefined, 'transactional'],
      ['EXSHOP', '1705158000000000011', 'service-implicit'],
    ]);
  });

  it.each([
    ['026291800001191', 'XX1191'],
    ['asha@okbank', 'XXbank'],
    ['Asha', 'XXha'],
    ['Ann', 'XXn'],
    ['A', 'XX'],
    ['A-1', 'XX1'],
  ])('masks %s as %s: four characters at most, and no more than half of them', (payee, masked) => {
    expect(maskPayee(payee)).toBe(masked);
  });

  it('is scrubbed as it is sent, for every text of the example and any code', async () => {
    const issuer = issuerUnderTest({ dltRegistry: readDltRegistry(EXAMPLE) });
    for (let sends = 0; sends < 20; sends += 1) {
      for (const account of [SHOP, BANK]) {
        expect(await issuer.send({}, account)).toMatchObject({ status: 0 });
        expect(await issuer.send({ transaction }, account)).toMatchObject({ status: 0 });
      }
    }
    expect(issuer.sms).toHaveLength(80);
  });
});

describe('the language of a text', () => {
  it.each([
    [undefined, 'verify your mobile'],
    ['en', 'verify your mobile'],
    ['hi', 'आपका OTP है'],
    ['HI', 'आपका OTP है'],
  ])('is the one that was asked for, else the first of the file: %s', async (language, words) => {
    const issuer = issuerUnderTest({ dltRegistry: readDltRegistry(EXAMPLE) });
    expect(await issuer.send({ language })).toMatchObject({ status: 0 });
    expect(issuer.sms[0]?.text).toContain(words);
  });

  it('is one that there is for the purpose, or the answer names those, and nothing is sent', async () => {
    const issuer = shopWith(readDltRegistry(EXAMPLE));
    expect((await issuer.send({ language: 'mr' })).message).toBe('language must be one of en, hi.');
    expect((await issuer.send({ language: 'hi', transaction })).message).toBe('language must be en.');
    expect((await issuer.send({ language: '' })).message).toBe(
      'language must be the language of one of your registered texts, such as en (BCP 47).',
    );
    expect(issuer.sms).toEqual([]);
    expect(issuer.faults).toEqual([]);
    expect(issuer.events.map(({ kind, reason }) => [kind, reason])).toEqual([
      ['send', 'bad-request'],
      ['send', 'bad-request'],
      ['refusal', 'bad-request'],
    ]);
    expect((await issuer.send({ language: 'hi' })).status).toBe(0);
  });

  it('is English without a registration', async () => {
    const issuer = issuerUnderTest();
    expect((await issuer.send({ language: 'en' })).status).toBe(0);
    expect((await issuer.send({ language: 'hi' })).message).toBe('language must be en.');
  });

  it('is part of what a client_ref_id stands for', async () => {
    const issuer = issuerUnderTest({ dltRegistry: readDltRegistry(EXAMPLE) });
    const client_ref_id = 'payout-1';
    expect((await issuer.send({ client_ref_id, language: 'hi' })).status).toBe(0);
    expect((await issuer.send({ client_ref_id, language: 'hi' })).status).toBe(0);
    expect((await issuer.send({ client_ref_id, language: 'en' })).message).toContain('client_ref_id was used');
    expect(issuer.sms).toHaveLength(1);
  });
});

describe('a text that operators would drop', () => {
  it.each<[string, object, object, string, string, string]>([
    [
      'an amount with paise in {#numeric#}',
      APPROVAL,
      { ...transaction, amount: '2500.50' },
      'transaction.amount must be digits alone, without a point or a comma (at most 30 characters).',
      'character 19 (U+002E), in variable 2 (amount)',
      '633',
    ],
    [
      'a payee with a special character',
      APPROVAL,
      { ...transaction, payee: 'A & B' },
      'transaction.payee must be letters, digits, blanks, points, commas and hyphens (at most 30 characters).',
      'character 25 (U+0026), in variable 3 (payee)',
      '633',
    ],
    [
      'a payee of one character too many',
      { ...APPROVAL, maxVariableLength: 20 },
      { ...transaction, payee: 'a'.repeat(21) },
      'transaction.payee must be letters, digits, blanks, points, commas and hyphens (at most 20 characters).',
      'character 43 (U+0061), in variable 3 (payee)',
      '635',
    ],
  ])(
    '%s is not sent, costs nothing, and both sides read what to do',
    async (_, members, given, message, place, code) => {
      const issuer = shopWith(registryOf(members));
      const answer = await issuer.send({ transaction: given, client_ref_id: 'payout-1' });
      expect(answer).toMatchObject({ status: 1, response_type_id: 1623, message, data: {} });
      expect(issuer.sms).toEqual([]);
      expect(issuer.events).toEqual([
        expect.objectContaining({ kind: 'send', outcome: 'refused', reason: 'template-mismatch', operatorCode: code }),
      ]);
      const [fault] = issuer.faults;
      expect(fault).toMatchObject({ during: 'send-sms', error: { code: 'template_mismatch' } });
      expect(String(fault?.error)).toContain(`does not match its template 1707158000000000100 at ${place}`);
      expect(String(fault?.error)).toContain(`Operators' code ${code}`);
      // Neither a pause nor the reference was used up.
      expect(await issuer.send({ transaction, client_ref_id: 'payout-1' })).toMatchObject({ status: 0 });
      expect(issuer.sms).toHaveLength(1);
    },
  );

  it.each([
    ['amount', '25😀', 'transaction.amount must be above 0 and below 10^12, with at most two decimals'],
    ['payee', 'Asha 😀', 'transaction.payee must be 1 to 30 letters, digits, single blanks or simple punctuation.'],
    ['payee', '<b>', 'transaction.payee must be 1 to 30 letters'],
    ['payee', undefined, 'transaction.payee is missing: it must be 1 to 30 letters'],
    ['currency', '₹', 'transaction.currency must be three capitals, such as INR.'],
  ])('has a transaction whose %s is %s, which no account may send', async (member, value, expected) => {
    const issuer = shopWith(readDltRegistry(EXAMPLE));
    expect((await issuer.send({ transaction: { ...transaction, [member]: value } })).message).toContain(expected);
    expect([issuer.sms, issuer.faults]).toEqual([[], []]);
  });

  it('takes the longest payee that its variable does, and one that reads as the fixed text', async () => {
    const issuer = shopWith(registryOf({ ...APPROVAL, maxVariableLength: 20 }), { limits: { cooldownSeconds: [0] } });
    expect((await issuer.send({ transaction: { ...transaction, payee: 'a'.repeat(20) } })).status).toBe(0);
    expect((await issuer.send({ transaction: { ...transaction, payee: 'to. Ask nobody.' } })).status).toBe(0);
    expect(issuer.sms.at(-1)?.text).toContain('to to. Ask nobody.. Ask nobody.');
  });

  it('is "could not be sent" for the caller if it is not the caller’s own field, and clear for the operator', async () => {
    const issuer = shopWith(registryOf({ text: '{#numeric#} is it.\n- Shop' }));
    const answer = await issuer.send({ transaction });
    expect(answer.message).toBe('OTP could not be sent. Please try again.');
    expect(issuer.events).toEqual([
      expect.objectContaining({ outcome: 'refused', reason: 'template-mismatch', operatorCode: '630' }),
    ]);
    expect(issuer.faults.map(({ error }) => String(error))).toEqual([
      'IssuerError: The account shop has no registered template for transaction-approval. Register one, and add it to the ' +
        "DLT registry. Operators' code 630 TEMPLATE_NOT_FOUND.",
    ]);
  });

  it.each([
    ['an emoji', 'Asha 😀', 'U+1F600', '633'],
    ['half of one', 'Asha \ud83d', 'U+D83D', '633'],
    ['<', 'Asha <b', 'U+003C', '633'],
    ['a variable', '{#var#}', 'U+007B', '633'],
    ['a line feed', 'Asha\n- Bank', 'U+000A', '633'],
    ['a tab', 'Asha\t', 'U+0009', '633'],
    ['nothing', '', 'U+000A', '633'],
    ['31 characters', 'a'.repeat(31), 'U+0061', '635'],
    ['100,000 characters', 'a'.repeat(100_000), 'U+0061', '635'],
  ])('has %s in its payee, whatever checked it before', (_, payee, character, operatorCode) => {
    const text = '{#var#} pays {#var#} to {#var#}.\n- Shop';
    const composition = composed(registryOf(forTransaction(text)), { amount: 1, payee });
    expect(composition).toMatchObject({
      outcome: 'template-mismatch',
      operatorCode,
      callersField: { field: 'transaction.payee', takes: 'text without <, >, { and } (at most 30 characters)' },
    });
    const { error } = composition as Extract<Composition, { outcome: 'template-mismatch' }>;
    expect(error.message).toContain(`(${character}), in variable 3 (payee)`);
    expect(error.message).not.toContain('Asha');
  });
});

describe('a registry in force', () => {
  it.each<[string, Partial<IssuerOptions>, string]>([
    [
      'an account without an entry, in production',
      { accounts: [SHOP, { ...BANK, id: 'other' }] },
      'dltRegistry has no entry for the account other: operators would drop what it sends (601 ENTITY_NOT_REGISTERED). Add other to its accounts. There are shop, bank.',
    ],
    [
      'a text instead of what was read from it',
      { dltRegistry: EXAMPLE as never },
      'dltRegistry must be the result of readDltRegistry(text)',
    ],
    [
      'no registry and no signature',
      { accounts: [withoutSignature(SHOP)], dltRegistry: undefined as never },
      'accounts[0].senderSignature must be the last line of the SMS',
    ],
  ])('refuses %s', (_, changes, expected) => {
    const options = { ...goodOptions(), dltRegistry: readDltRegistry(EXAMPLE), ...changes };
    expect(() => issuerUnderTest(options)).toThrow(expected);
  });

  it('needs no signature, and no entry of an account that cannot send in production', async () => {
    const dltRegistry = readDltRegistry(EXAMPLE);
    const guest: IssuerAccount = { ...BANK, id: 'guest', environment: 'sandbox' };
    const issuer = issuerUnderTest({ accounts: [withoutSignature(SHOP), guest], dltRegistry });
    expect((await issuer.send()).status).toBe(0);
    const sandbox = issuerUnderTest({ accounts: [guest], dltRegistry, environment: 'sandbox' });
    expect((await sandbox.send({}, guest)).status).toBe(0);
    expect(sandbox.sms[0]).not.toHaveProperty('dlt');
  });

  it('changes while the issuer runs, and stays as it was if the new one is refused', async () => {
    const issuer = issuerUnderTest({
      accounts: [SHOP],
      dltRegistry: registryOf({ text: '{#numeric#} is it.\n- Shop' }),
    });
    const [node] = issuer.nodes;
    await issuer.send();
    node!.reload({ dltRegistry: registryOf({ text: '{#numeric#} is the new one.\n- Shop' }) });
    await issuer.send();
    expect(() => node!.reload({ accounts: [SHOP, BANK] })).toThrow('dltRegistry has no entry for the account bank');
    expect(() => node!.reload({ dltRegistry: {} as never })).toThrow(IssuerError);
    await issuer.send();
    node!.reload({ accounts: [SHOP, BANK], dltRegistry: readDltRegistry(EXAMPLE) });
    await issuer.send({}, BANK);
    expect(issuer.sms.map(({ text }) => text.slice(6))).toEqual([
      ' is it.\n- Shop',
      ' is the new one.\n- Shop',
      ' is the new one.\n- Shop',
      ' is the OTP to verify your mobile number.\n- Example Bank',
    ]);
  });
});

function withoutSignature(signed: IssuerAccount): IssuerAccount {
  const { senderSignature: _, ...account } = signed;
  return account;
}

function messageFor(approved: { amount: number; payee: string }): Parameters<typeof compose>[1] {
  return {
    mobile: '+919002336768',
    code: '042317',
    account: 'shop',
    challenge: { id: 'a', expiresAt: START },
    transaction: approved,
    language: undefined,
  };
}

function composed(registry: DltRegistry, approved: { amount: number; payee: string }): Composition {
  return compose(registeredTexts(registry.accounts.get('shop')!), messageFor(approved));
}
