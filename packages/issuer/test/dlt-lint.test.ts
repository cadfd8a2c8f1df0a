import { describe, expect, it } from 'vitest';
import { readDltRegistry } from '@verified-mobile/issuer/dlt';
import { lintAccount, type LintFinding } from '../src/dlt/lint.ts';
import { EXAMPLE, forTransaction, registryText } from './support/dlt-registries.ts';

const GOOD = { text: '{#numeric#} is it.\n- Shop' };
const GOOD_APPROVAL = forTransaction('{#numeric#} pays {#alphanumeric#} to {#alphanumeric#}.');

/** What is found in a registry whose texts are good but for the first. */
function findings(members: object, ...others: object[]): string[] {
  const text = registryText({ ...GOOD, ...members }, ...(others.length > 0 ? others : [GOOD_APPROVAL]));
  return lintAccount('shop', readDltRegistry(text).accounts.get('shop')!).map(
    ({ severity, message }) => `${severity}: ${message}`,
  );
}

describe('dlt check finds', () => {
  it('nothing where there is nothing', () => {
    expect(findings({})).toEqual([]);
  });

  it.each<[string, object, string]>([
    [
      'the old variables, and which tag each needs',
      { text: '{#var#}: {#numeric#} min', variables: ['code', 'minutes'] },
      'warning: has {#var#}, which no template registered since 14 January 2026 may have, and older ones are to be changed. Register {#numeric#} for code.',
    ],
    [
      'a code that stands there twice',
      { text: '{#numeric#} {#numeric#}', variables: ['code', 'code'] },
      'warning: has the code 2 times: it fills itself in from one.',
    ],
    [
      'a code that WebOTP needs twice',
      { text: '{#numeric#}\n@a.in #{#numeric#}', variables: ['code', 'code'], webOtpHost: 'a.in' },
      'note: has the code 2 times, as WebOTP needs: on the DLT platform these are 2 variables.',
    ],
    [
      'a line for WebOTP',
      { text: '{#numeric#}\n@a.in #{#numeric#}', variables: ['code', 'code'], webOtpHost: 'a.in' },
      'note: ends with a line for WebOTP. An operator may take @a.in for a link that is not registered: try it over each one. Line feeds must arrive as they are.',
    ],
    [
      'a line that may be the hash of an app',
      { text: '{#numeric#} is it\nFA+9qCX9VSu' },
      'warning: has a line that looks like the hash of an Android app. Set retrieverHash, so that it is checked.',
    ],
    [
      'longer values than all operators take',
      { maxVariableLength: 31 },
      'warning: allows values of 31 characters, and some operators take 30.',
    ],
    [
      'an alphabet of 70 characters a segment',
      { text: '{#numeric#} ₹ क' },
      'note: is UCS-2, 70 characters a segment instead of 160, because of U+20B9, U+0915.',
    ],
    [
      'a second segment as a rule',
      { text: `{#numeric#}${'x'.repeat(155)}` },
      'warning: costs 2 segments as a rule (161 units).',
    ],
    [
      'a second segment in Devanagari',
      { text: `{#numeric#}${'क'.repeat(65)}` },
      'warning: costs 2 segments as a rule (71 units).',
    ],
    ['an id that is too short', { id: '17071580000000' }, 'warning: has an id of other than 19 digits.'],
  ])('%s', (_, members, expected) => {
    expect(findings(members)).toContain(expected);
  });

  it.each<[string, object]>([
    ['a text of 160 characters', { text: `{#numeric#}${'x'.repeat(154)}` }],
    ['a text of 70 in another alphabet', { text: `{#numeric#}${'क'.repeat(64)}` }],
    ['values of 30 characters', { maxVariableLength: 30 }],
    ['a last line of eleven letters', { text: '{#numeric#} is it\nExampleBank' }],
  ])('no cost in %s', (_, members) => {
    expect(findings(members).filter((finding) => finding.startsWith('warning'))).toEqual([]);
  });

  it('amounts in {#numeric#}, values that are cut, and a segment that only the longest values cost', () => {
    const approval = (text: string, more = {}): object => forTransaction(text, more);
    expect(findings({}, approval('{#numeric#} pays {#numeric#} to {#alphanumeric#}.'))).toEqual([
      'warning: has the amount in {#numeric#}, which takes neither . nor ,: an amount such as 2500.50 is refused. Register {#alphanumeric#}, or send whole amounts.',
    ]);
    expect(
      findings({}, approval('{#numeric#} pays {#alphanumeric#} to {#alphanumeric#}.', { maxVariableLength: 20 })),
    ).toEqual(['note: refuses each payee of more than 20 characters.']);
    const long = `{#numeric#} pays {#alphanumeric#} to {#alphanumeric#}.${'x'.repeat(100)}`;
    expect(findings({}, approval(long))).toEqual(['warning: costs 2 segments with the longest values (162 units).']);
  });

  it('which purposes have no text', () => {
    expect(findings({}, { ...GOOD, language: 'hi' })).toEqual([
      'note: No text for transaction-approval: a send with a transaction is refused.',
    ]);
  });

  it('what an example must not have: warnings for the account whose templates are new', () => {
    const registered = readDltRegistry(EXAMPLE).accounts.get('shop')!;
    const found: readonly LintFinding[] = lintAccount('shop', registered);
    expect(found.filter(({ severity }) => severity === 'warning')).toEqual([]);
    expect(found[0]).toMatchObject({ account: 'shop', template: '1707158000000000101', line: 13, column: 9 });
  });
});
