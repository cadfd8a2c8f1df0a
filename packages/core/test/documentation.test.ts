import { existsSync, readFileSync } from 'node:fs';
import { createGuard, jwks, memoryReplayStore, remoteValidation, validateToken } from '@verified-mobile/core';
import { readSources } from '@verified-mobile/test-support/layers';
import { describe, expect, it } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { refusalTable } from '../src/guard/refusals.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

/** The sections below headings of this depth, by heading. */
function sectionsOf(markdown: string, depth: number): Map<string, string> {
  const parts = markdown.split(new RegExp(`^${'#'.repeat(depth)} (?=\\S)`, 'm')).slice(1);
  return new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n'))]));
}

/** The first cells of a table's rows, without the ticks, and the second ones. */
function rowsOf(markdown: string): [string, string][] {
  const rows = markdown.split('\n').filter((line) => line.startsWith('|'));
  const cells = rows.map((row) => row.split('|').map((cell) => cell.trim().replaceAll('`', '')));
  return cells.map(([, first = '', second = '']) => [first, second]);
}

/** The members of a union of texts, as the source lists them. */
function unionIn(file: string, name: string): string[] {
  const [, members = ''] = new RegExp(`export type ${name} =([^;]+);`).exec(read(`../src/${file}`)) ?? [];
  return [...members.matchAll(/'([\w-]+)'/g)].map((match) => match[1]!);
}

const REASONS = [
  ...unionIn('token/refusal.ts', 'TokenRefusalReason'),
  ...unionIn('guard/refusal-codes.ts', 'RefusalReason'),
];

describe('refusals.md', () => {
  const sections = sectionsOf(read('../docs/refusals.md'), 2);
  const rowOf = (code: string, name: string): string =>
    new Map(rowsOf(sections.get(code) ?? '')).get(name) ?? `no ${name}`;

  it('has a section for each refusal, and for nothing else', () => {
    expect([...sections.keys()]).toEqual(Object.keys(refusalTable(300)));
  });

  it.each(Object.values(refusalTable(300)))(
    'says of $code its status, and all that people need',
    ({ code, status }) => {
      expect(rowOf(code, 'status')).toBe(String(status));
      for (const name of ['when', 'front end', 'operator']) expect(rowOf(code, name)).not.toBe(`no ${name}`);
      expect(rowOf(code, 'English')).toMatch(/^[A-Z][ -~]+\.$/);
      expect(rowOf(code, 'Hindi')).toMatch(/^[\p{Script=Devanagari} ,;।]+$/u);
    },
  );

  it('sorts every reason of an event under one code, as the source does', () => {
    const listed = [...sections.keys()].flatMap((code) =>
      rowOf(code, 'reasons')
        .split(', ')
        .map((reason) => ({ code, reason })),
    );
    expect(listed.map(({ reason }) => reason).toSorted()).toEqual(REASONS.toSorted());
    const sources = ['token/validate', 'token/claims', 'token/transaction', 'guard/decide'].map((file) =>
      read(`../src/${file}.ts`),
    );
    const written = [...sources.join('\n').matchAll(/refused\('(\w+)', '([\w-]+)'\)/g)];
    expect(written.length).toBeGreaterThan(20);
    for (const [, code, reason] of written) expect(listed).toContainEqual({ code, reason });
  });
});

it('troubleshooting.md has a section for each reason, and for nothing else', () => {
  expect([...sectionsOf(read('../docs/troubleshooting.md'), 3).keys()].toSorted()).toEqual(REASONS.toSorted());
});

it('troubleshooting.md quotes messages as the source has them', () => {
  const page = read('../docs/troubleshooting.md');
  const symptoms = page.slice(page.indexOf('## By symptom'), page.indexOf('## By reason'));
  const quoted = rowsOf(symptoms).flatMap(([symptom]) => [...symptom.matchAll(/"([^"]+)"/g)].map((match) => match[1]!));
  const source = [...readSources(new URL('../src', import.meta.url)).values()].join('\n').replaceAll(/' \+\n\s*'/g, '');
  expect(quoted.length).toBeGreaterThan(4);
  for (const part of quoted.flatMap((text) => text.split('…')).map((text) => text.trim()))
    expect(source).toContain(part);
});

describe('the README', () => {
  const sections = sectionsOf(read('../README.md'), 2);
  const options = sections.get('Options of the guard') ?? '';
  const tables = options.split('\n\n').filter((part) => part.startsWith('|'));
  const tableOf = (head: string): string[] => {
    const table = tables.find((text) => rowsOf(text)[0]?.[0] === head) ?? '';
    return rowsOf(table)
      .slice(2)
      .map(([name]) => name);
  };
  /** The names that an unknown one is answered with. */
  const namesOf = async (build: (options: object) => unknown): Promise<string[]> => {
    const attempt = async (): Promise<unknown> => build({ misspelt: true });
    const message = await attempt().then(String, (error: Error) => error.message);
    return /It takes: (.+)\.$/.exec(message)?.[1]?.split(', ') ?? [message];
  };
  const keys = jwks('https://otp.example.in/keys');
  const remote = async () => Promise.reject(new Error('not asked'));

  it.each<[string, (options: object) => unknown]>([
    ['option', (given) => createGuard(given)],
    ['member', (given) => createGuard({ issuers: { issuer: null, audience: null, keys, ...given } })],
    ['option of jwks()', (given) => jwks('https://otp.example.in/keys', given)],
    ['option of remoteValidation()', (given) => remoteValidation(remote, given)],
    ['option of memoryReplayStore()', (given) => memoryReplayStore(given)],
  ])('has every name that the source takes, and no other: %s', async (head, build) => {
    const names = await namesOf(build);
    expect(names.length).toBeGreaterThan(2);
    expect(tableOf(head).toSorted()).toEqual(names.toSorted());
  });

  it('has the options of validateToken()', async () => {
    const names = await namesOf(async (given) => validateToken('', [], given));
    for (const name of names) expect(options.split('`validateToken(').at(-1)).toContain(`\`${name}\``);
  });

  it('has every variable of the environment', () => {
    const text = read('../src/guard/environment.ts') + read('../src/guard/options.ts');
    const variables = new Set(text.match(/(?<=')VERIFIED_MOBILE_[A-Z_]+(?=')/g));
    const rows = rowsOf(sections.get('The environment') ?? '').slice(2);
    expect(rows.map(([name]) => name).toSorted()).toEqual([...variables].toSorted());
  });

  it('is published with its pages', () => {
    expect(manifest.files).toEqual(expect.arrayContaining(['docs', 'guides']));
  });
});

describe('standards.md', () => {
  const cited = [
    ...read('../docs/standards.md').matchAll(/`((?:packages|examples)\/[\w./-]+\.ts)`((?:,? “[^”]+”)+)/g),
  ].flatMap(([, file = '', names = '']) => [...names.matchAll(/“([^”]+)”/g)].map((name) => [name[1]!, file] as const));

  it('cites tests for every quoted name', () => {
    expect(cited.length).toBe(read('../docs/standards.md').match(/“/g)?.length);
    expect(cited.length).toBeGreaterThan(30);
  });

  it.each(cited)('is right that "%s" is a test of %s', (name, file) => {
    const url = `../../../${file}`;
    expect(existsSync(new URL(url, import.meta.url))).toBe(true);
    const quoted = read(url).matchAll(/(['"`])((?:(?!\1)[^\\\n]|\\.)+)\1/g);
    expect([...quoted].map((match) => match[2])).toContain(name);
  });
});
