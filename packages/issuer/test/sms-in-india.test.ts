/** The page from DLT registration to the first message says what the code does. */
import { readFileSync } from 'node:fs';
import { countSegments } from '@verified-mobile/issuer/dlt';
import { expect, it } from 'vitest';
import { OPERATOR_CODES } from '../src/dlt/operator-codes.ts';
import { VARIABLE_TAGS } from '../src/dlt/variable-tags.ts';

const PAGE = readFileSync(new URL('../docs/sms-in-india.md', import.meta.url), 'utf8');

it('names every number that this service answers, as the operators do', () => {
  const named = Object.entries(OPERATOR_CODES).map(([code, name]) => `| ${code} \`${name}\``);
  expect(named.filter((row) => !PAGE.includes(row))).toEqual([]);
});

it('has every variable of a template', () => {
  const rows = [...PAGE.matchAll(/^\| `\{#(\w+)#\}`/gm)].map(([, tag]) => tag);
  expect(new Set(rows)).toEqual(new Set(VARIABLE_TAGS));
});

it('counts segments as they are counted', () => {
  const rows = [...PAGE.matchAll(/^\| `(.+)`\s+\| (gsm-7|ucs-2)\s+\| (\d+)\s+\| (\d+)\s+\|$/gm)];
  expect(rows).toHaveLength(4);
  for (const [, text = '', alphabet, units, segments] of rows) {
    expect(countSegments(text.replaceAll(String.raw`\n`, '\n'))).toMatchObject({
      alphabet,
      units: Number(units),
      segments: Number(segments),
    });
  }
});
