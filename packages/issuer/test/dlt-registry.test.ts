import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { chainHash, readDltRegistry } from '@verified-mobile/issuer/dlt';
import { EXAMPLE, forTransaction, onlyTemplate, registryOf, registryText } from './support/dlt-registries.ts';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

/** What is said of the example with one thing changed. */
function said(search: string | RegExp, replacement: string): string {
  const changed = EXAMPLE.replace(search, replacement);
  expect(changed).not.toBe(EXAMPLE);
  return messageOf(changed);
}

function messageOf(text: string): string {
  try {
    readDltRegistry(text);
  } catch (error) {
    return (error as Error).message;
  }
  return 'is read';
}

it('reads the example of the documentation: ids to the last digit, texts to the last character', () => {
  const { accounts } = readDltRegistry(EXAMPLE);
  expect([...accounts.keys()]).toEqual(['shop', 'bank']);
  const shop = accounts.get('shop')!;
  expect(shop).toMatchObject({
    entityId: '1701158000000000001',
    headers: [{ header: 'EXSHOP', headerId: '1705158000000000011', category: 'service-implicit' }],
  });
  expect(shop.templates[0]).toMatchObject({
    id: '1707158000000000101',
    language: 'en',
    headers: ['EXSHOP'],
    text:
      '{#numeric#} is the OTP to verify your mobile number. Valid for {#numeric#} min.\n- Example Shop\n' +
      'FA+9qCX9VSu\n@pay.shop.example.in #{#numeric#}',
    maxVariableLength: 30,
    line: 13,
  });
  expect(accounts.get('bank')!.templates.map(({ headers }) => headers)).toEqual([['EXBANK'], ['EXBANK']]);
});

it('reads the file that the README shows', () => {
  const [, shown = ''] = /```yaml\n(accounts:[^]*?)```/.exec(README) ?? [];
  expect(readDltRegistry(shown).accounts.get('shop')!.templates).toHaveLength(1);
});

it('reads the same from JSON, from a file with CRLF, and behind a byte order mark', () => {
  expect(onlyTemplate(registryOf({ text: '{#var#} is it.\n- Shop' })).text).toBe('{#var#} is it.\n- Shop');
  expect(readDltRegistry(EXAMPLE.replaceAll('\n', '\r\n'))).toEqual(readDltRegistry(EXAMPLE));
  expect(readDltRegistry(`\uFEFF${EXAMPLE}`)).toEqual(readDltRegistry(EXAMPLE));
});

it('says line and column as an editor counts them, in a file with CRLF and a byte order mark, too', () => {
  const wrong = EXAMPLE.replace('header: EXBANK', 'header: EXBNK7');
  const place = 'line 47, column 17: accounts.bank.headers[0].header must be 3 to 6 letters';
  expect(messageOf(wrong)).toContain(place);
  expect(messageOf(`\uFEFF${wrong.replaceAll('\n', '\r\n')}`)).toContain(place);
  const twice = EXAMPLE.replace('  bank:', '  shop:').replaceAll('\n', '\r\n');
  expect(messageOf(twice)).toContain('line 44, column 3: The file is not YAML or JSON');
  expect(messageOf(`\uFEFF${twice}`)).toContain('line 44, column 3: The file is not YAML or JSON');
});

it('takes two accounts of one entity, which share headers and templates', () => {
  const { accounts } = JSON.parse(registryText({ text: '{#var#} is it' })) as { accounts: { shop: object } };
  const both = readDltRegistry(JSON.stringify({ accounts: { ...accounts, app: accounts.shop } }));
  expect(both.accounts.get('app')).toMatchObject({ entityId: '1701158000000000001', headers: [{ header: 'EXSHOP' }] });
});

it('takes a text, and nothing that is like one', () => {
  expect(() => readDltRegistry(Buffer.from(EXAMPLE) as never)).toThrow('readDltRegistry takes the text of a registry');
});

it('names every mistake of a file, in its order, a line for each', () => {
  const wrong = EXAMPLE.replace('header: EXBANK', 'header: 565690').replace(
    'purpose: mobile-verification',
    'purpose: mobile',
  );
  expect(messageOf(wrong).split('\n')).toEqual([
    expect.stringMatching(/^dltRegistry, line 15, column 18: accounts\.shop\.templates\[0\]\.purpose must be one of/),
    expect.stringMatching(/^line 47, column 17: accounts\.bank\.headers\[0\]\.header must be 3 to 6 letters/),
  ]);
});

describe('refuses, each with one error that names the place, the field and the operators’ code', () => {
  it.each<[string, string | RegExp, string, string, string]>([
    [
      'a name with a typing error',
      'entityId:',
      'entityld:',
      'line 5, column 5: accounts.shop.entityld is not known: entityId is meant',
      '601',
    ],
    [
      'an entity id with a letter',
      '1701158000000000001',
      '170115800000000000l',
      'line 5, column 15: accounts.shop.entityId must be the id',
      '604',
    ],
    [
      'no entity id',
      /entityId: 1701158000000000001.*/,
      '',
      'line 6, column 5: accounts.shop.entityId is missing',
      '604',
    ],
    [
      'an entity id that is empty',
      /entityId: 1701158000000000001.*/,
      'entityId:',
      'accounts.shop.entityId must be a text that is not empty',
      '604',
    ],
    [
      'a numeric header',
      'header: EXSHOP',
      'header: 565690',
      'line 8, column 17: accounts.shop.headers[0].header must be 3 to 6 letters',
      '620',
    ],
    [
      'a header with what the operator adds',
      'header: EXSHOP',
      'header: VM-EXSHOP-S',
      'accounts.shop.headers[0].header must be 3 to 6 letters',
      '620',
    ],
    [
      'a header of two letters',
      'header: EXSHOP',
      'header: EX',
      'accounts.shop.headers[0].header must be 3 to 6 letters',
      '620',
    ],
    [
      'a category that carries no OTP',
      'category: service-implicit',
      'category: promotional',
      'accounts.shop.headers[0].category must be service-implicit, or transactional',
      '620',
    ],
    [
      'a header in another case',
      'headers: [EXSHOP]',
      'headers: [ExShop]',
      'line 14, column 19: accounts.shop.templates[0].headers[0] is no header of this account. EXSHOP is meant?',
      '620',
    ],
    [
      'a header that is named twice',
      'templates:',
      '  - { header: EXSHOP, category: service-implicit }\n    templates:',
      'accounts.shop.headers[1].header is named twice',
      '620',
    ],
    [
      'a template that does not say which of two headers',
      /templates:[^]*?headers: \[EXSHOP\].*/,
      '  - { header: EXSHPA, category: service-implicit }\n    templates:\n      - id: 1707158000000000101',
      'accounts.shop.templates[0] must name its headers: there are EXSHOP, EXSHPA',
      '620',
    ],
    [
      'an unknown header',
      'headers: [EXSHOP]',
      'headers: [ABCDEF]',
      'accounts.shop.templates[0].headers[0] is no header of this account. It has EXSHOP.',
      '620',
    ],
    [
      'a header of another entity',
      'headers: [EXSHOP]',
      'headers: [EXBANK]',
      'accounts.shop.templates[0].headers[0] is a header of another entity: 1701158000000000002, of the account bank',
      '623',
    ],
    [
      'a header that two entities name',
      'header: EXBANK',
      'header: EXSHOP',
      'accounts.bank.headers[0].header is a header of another entity: 1701158000000000001, of the account shop',
      '623',
    ],
    [
      'a template of another entity',
      '1707158000000000201',
      '1707158000000000101',
      'accounts.bank.templates[0].id is a template of another entity: 1701158000000000001, of the account shop',
      '630',
    ],
    [
      'an id of two templates',
      '1707158000000000102',
      '1707158000000000101',
      'accounts.shop.templates[1].id is the id of two templates',
      '630',
    ],
    [
      'a second text for the same',
      'language: hi',
      'language: en',
      'line 26, column 9: accounts.shop.templates[1] is a second template for mobile-verification in en',
      '630',
    ],
    [
      'a language that is none',
      'language: hi',
      'language: hindi in words',
      'accounts.shop.templates[1].language must be a language as BCP 47 writes it',
      '630',
    ],
    [
      'a purpose with a typing error',
      'purpose: transaction-approval',
      'purpose: transaction-aproval',
      'must be one of mobile-verification, transaction-approval. transaction-approval is meant?',
      '630',
    ],
    [
      'a variable that is bound to nothing known',
      '[code, minutes, code]',
      '[code, minutes, cod]',
      'line 17, column 36: accounts.shop.templates[0].variables[2] must be one of code',
      '630',
    ],
    [
      'no word of what the variables are',
      /variables: \[code, minutes, code\].*/,
      '',
      'line 13, column 9: accounts.shop.templates[0].variables is missing: it must be a list with at least one entry',
      '630',
    ],
    [
      'a member that is written twice',
      'id: 1707158000000000101',
      'language: en',
      'line 16, column 9: The file is not YAML or JSON: Map keys must be unique',
      '600',
    ],
    [
      'no text',
      /text: \|-\n +\{#numeric#\} आपका[^]*?Example Shop/,
      '',
      'line 26, column 9: accounts.shop.templates[1].text is missing: it must be a text that is not empty',
      '630',
    ],
    [
      'one variable too few',
      '[code, minutes, code]',
      '[code, minutes]',
      'line 17, column 20: accounts.shop.templates[0].variables must say what each variable of the text is, in their order: it names 2, and the text has 3',
      '630',
    ],
    [
      'a tab in a text',
      'is the OTP to verify',
      'is the OTP\tto verify',
      'line 20, column 15: accounts.shop.templates[0].text has U+0009 at character 22, which cannot be registered',
      '630',
    ],
    [
      'a < in a text',
      '{#numeric#} is the OTP to v',
      '<#> {#numeric#} is the OTP to v',
      'accounts.shop.templates[0].text has U+003C at character 0',
      '630',
    ],
    [
      'a text with an empty line at its end',
      'text: |-\n          {#numeric#} आ',
      'text: |\n          {#numeric#} आ',
      'accounts.shop.templates[1].text must not begin or end with a blank or an empty line',
      '630',
    ],
    [
      'a tag with a typing error',
      '{#numeric#} आ',
      '{#numerc#} आ',
      'accounts.shop.templates[1].text has a variable that is not known: {#numeric#} is meant',
      '630',
    ],
    [
      'a signature of somebody else',
      '- Example Shop\n          FA',
      '- Example Sh0p\n          FA',
      'accounts.shop.templates[0].text must have the line "- Example Shop"',
      '630',
    ],
    [
      'a length beyond all sources',
      'maxVariableLength: 40',
      'maxVariableLength: 41',
      'accounts.bank.templates[1].maxVariableLength must be a whole number from 1 to 40',
      '630',
    ],
    [
      'a length below a code',
      'maxVariableLength: 40',
      'maxVariableLength: 5',
      'accounts.bank.templates[1].maxVariableLength must be at least 6',
      '630',
    ],
    ['a file that is no YAML', 'accounts:', 'accounts: [', 'The file is not YAML or JSON', '600'],
    [
      'an account that is named twice',
      '  bank:',
      '  shop:',
      'line 44, column 3: The file is not YAML or JSON: Map keys must be unique',
      '600',
    ],
    [
      'an alias',
      'header: EXSHOP',
      'header: *other',
      'accounts.shop.headers[0].header must be a text that is not empty; an alias is not taken',
      '620',
    ],
  ])('%s', (_, search, replacement, expected, code) => {
    const message = said(search, replacement);
    expect(message).toContain(expected);
    expect(message).toMatch(new RegExp(`Operators' code ${code} [A-Z_]+\\.$`));
    expect(message.split('\n')).toHaveLength(1);
  });

  it.each([
    ['nothing', '', 'line 1, column 1: The file is empty'],
    ['white space and a comment', ' \n# soon\n', 'The file is empty'],
    ['a list', '- a', 'line 1, column 1: must be an object'],
    ['no account', '{"accounts": {}}', 'accounts has no account'],
    ['accounts that are a list', '{"accounts": []}', 'line 1, column 14: accounts must be an object'],
    ['another name for accounts', 'account: {}', 'account is not known: accounts is meant'],
    [
      'an account without a template',
      EXAMPLE.slice(0, EXAMPLE.indexOf('    templates:')),
      'accounts.shop.templates is missing',
    ],
  ])('a file that has %s', (_, text, expected) => {
    expect(messageOf(text)).toContain(expected);
    expect(messageOf(text).split('\n')).toHaveLength(1);
  });

  it.each([
    ['half a surrogate pair', `{#var#} is it \ud83d`, 'has U+D83D at character 14'],
    ['a carriage return', '{#var#} is it\r\n- Shop', 'has U+000D at character 13'],
    ['2,001 characters', `{#var#}${'x'.repeat(1994)}`, 'must be at most 2000 characters'],
    ['100,000 characters', `{#var#}${'x'.repeat(100_000)}`, 'must be at most 2000 characters'],
    ['a variable of another kind', '##var## is it, {#var#}', 'has a variable that is not known'],
    ['a variable that is not closed', '{#var is it, {#var#}', 'has a variable that is not known'],
    ['no variable', 'This is it', 'has no variable: the code must be one'],
    [
      'an address in the place of the code',
      '{#email#} is it',
      'variables cannot have code as number 1: there the text takes an e-mail address',
    ],
  ])('a text with %s', (_, text, expected) => {
    expect(messageOf(registryText({ text }))).toContain(expected);
  });

  it('takes a text of 2,000 characters', () => {
    expect(onlyTemplate(registryOf({ text: `{#var#}${'x'.repeat(1993)}` })).text).toHaveLength(2000);
  });

  it('a text for a transaction that does not say which', () => {
    const text = '{#var#} for {#var#} to {#var#}';
    expect(messageOf(registryText(forTransaction(text, { variables: ['code', 'amount', 'minutes'] })))).toContain(
      'variables must have amount, and payee or masked-payee',
    );
    expect(messageOf(registryText({ text, variables: ['code', 'amount', 'payee'] }))).toContain(
      'variables must be code and minutes alone',
    );
    expect(messageOf(registryText(forTransaction(text)))).toBe('is read');
  });
});

describe('the lines that programs read', () => {
  const HASH = 'FA+9qCX9VSu';

  it.each<[string, object, string]>([
    [
      'both, in this order',
      { text: `{#var#}\n${HASH}\n@pay.example.in #{#var#}`, webOtpHost: 'pay.example.in', retrieverHash: HASH },
      'is read',
    ],
    [
      'both, in the other order',
      { text: `{#var#}\n@pay.example.in #{#var#}\n${HASH}`, webOtpHost: 'pay.example.in', retrieverHash: HASH },
      'must end with the line "@pay.example.in #"',
    ],
    [
      'two blanks',
      { text: '{#var#}\n@pay.example.in  #{#var#}', webOtpHost: 'pay.example.in' },
      'must end with the line',
    ],
    [
      'another host',
      { text: '{#var#}\n@pay.example.com #{#var#}', webOtpHost: 'pay.example.in' },
      'must end with the line',
    ],
    [
      'a third part',
      { text: '{#var#}\n@pay.example.in #{#var#} @shop.in', webOtpHost: 'pay.example.in' },
      'must end with the line',
    ],
    [
      'something before the @',
      { text: '{#var#}\n: @pay.example.in #{#var#}', webOtpHost: 'pay.example.in' },
      'must end with the line',
    ],
    [
      'a host with a scheme',
      { text: '{#var#}\n@https://a.in #{#var#}', webOtpHost: 'https://a.in' },
      'webOtpHost must be a host',
    ],
    [
      'the line without its switch',
      { text: '{#var#}\n@pay.example.in #{#var#}' },
      'ends with a line for WebOTP. Set webOtpHost',
    ],
    [
      'the switch without its line',
      { text: '{#var#} or {#var#}', webOtpHost: 'pay.example.in' },
      'must end with the line',
    ],
    [
      'a hash of ten characters',
      { text: '{#var#} or {#var#}', retrieverHash: 'FA+9qCX9VS' },
      'retrieverHash must be the 11 characters',
    ],
    [
      'the hash without its line',
      { text: '{#var#} or {#var#}', retrieverHash: HASH },
      `must have ${HASH} as its last line`,
    ],
  ])('%s', (_, members, expected) => {
    expect(messageOf(registryText({ variables: ['code', 'code'], ...members }))).toContain(expected);
  });

  it('the code alone is the last variable', () => {
    const members = { text: '{#var#} in {#var#}\n@a.in #{#var#}', webOtpHost: 'a.in' };
    expect(messageOf(registryText({ ...members, variables: ['code', 'minutes', 'code'] }))).toBe('is read');
    expect(messageOf(registryText({ ...members, variables: ['code', 'code', 'minutes'] }))).toContain('must end with');
  });

  it('makes messages of 140 bytes at most, where an Android app reads them: 140 are read, 141 are refused', () => {
    // Six digits for the code, a line feed and eleven characters: 122 are left.
    const text = (count: number): string => `{#var#}${'x'.repeat(count)}\n${HASH}`;
    expect(messageOf(registryText({ text: text(122), retrieverHash: HASH }))).toBe('is read');
    expect(messageOf(registryText({ text: text(123), retrieverHash: HASH }))).toContain('messages of up to 141 bytes');
    // The longest values count: fifteen characters for the amount, thirty for the payee.
    const approval = (count: number): object =>
      forTransaction(`{#var#}{#var#}{#var#}${'x'.repeat(count)}\n${HASH}`, { retrieverHash: HASH });
    expect(messageOf(registryText(approval(77)))).toBe('is read');
    expect(messageOf(registryText(approval(78)))).toContain('messages of up to 141 bytes');
    // In another alphabet a character has two bytes: 52 are left.
    const hindi = (count: number): string => `{#var#}${'क'.repeat(count)}\n${HASH}`;
    expect(messageOf(registryText({ text: hindi(52), retrieverHash: HASH }))).toBe('is read');
    expect(messageOf(registryText({ text: hindi(53), retrieverHash: HASH }))).toContain('messages of up to 142 bytes');
  });
});

describe('the hash of a chain', () => {
  it('is SHA-256 of the ids with a comma between, in lower-case hex', () => {
    // printf '1701158000000000001,1302157000000000001' | sha256sum
    const expected = '26b6d436c7adca964983e4ff24160e71ad09343577de9421a50cc3f64d430988';
    expect(chainHash('1701158000000000001', ['1302157000000000001'])).toMatch(/^[0-9a-f]{64}$/);
    expect(chainHash('1701158000000000001', ['1302157000000000001'])).toBe(expected);
  });

  it.each<[string, string, string[]]>([
    ['no telemarketer', '1701158000000000001', []],
    ['a blank', '1701158000000000001', [' 1302157000000000001']],
    ['two ids in one', '1701158000000000001', ['1302157000000000001,1302157000000000002']],
  ])('is not made of %s', (_, entityId, telemarketers) => {
    expect(() => chainHash(entityId, telemarketers)).toThrow(
      'chainHash takes an entity id and at least one telemarketer id',
    );
  });
});
