import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { brokenLinks, markdownFiles } from './links.ts';
import { ROOT } from './workspace.ts';

it('every link of every Markdown file leads to a file and a heading that are there', () => {
  expect(markdownFiles(ROOT)).toContain('packages/core/README.md');
  expect(brokenLinks(ROOT)).toEqual([]);
});

describe('a link', () => {
  let root: string;
  const write = (path: string, content: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  const TARGET = [
    '# The `ready()` of a store, twice',
    '## Same',
    '## Same',
    '### [A link](https://example.in) in it',
    '<a id="by-hand"></a>',
    '```sh',
    '# No heading',
    '```',
  ];

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'links-'));
    write('packages/new/README.md', TARGET.join('\n'));
    write('packages/new/a picture.png', '');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it.each([
    ['a file', '[a](packages/new/README.md)'],
    ['a folder', '[a](packages/new)'],
    ['a file whose name has a space', '![a](packages/new/a%20picture.png "title")'],
    ['a heading with code in it', '[a](packages/new/README.md#the-ready-of-a-store-twice)'],
    ["a heading of a folder's README", '[a](packages/new#same)'],
    ['the second heading of one name', '[a](packages/new/README.md#same-1)'],
    ['a heading with a link in it', '[a](packages/new/README.md#a-link-in-it)'],
    ['an anchor made by hand', '[a](packages/new/README.md#by-hand)'],
    ['a heading of its own file', '# Here\n\n[a](#here)'],
    ['another site', '[a](https://example.in/nowhere#at-all) [b](mailto:a@example.in)'],
    ['nothing, as code', '`[a](nowhere.md)` and\n\n```md\n[a](nowhere.md)\n```\n'],
  ])('may lead to %s', (_what, text) => {
    write('README.md', text);
    expect(brokenLinks(root)).toEqual([]);
  });

  it.each([
    ['no file', '[a](packages/old/README.md)', 'README.md links to packages/old/README.md, and there is no such file.'],
    ['a file outside', '[a](../..)', 'README.md links to ../.., and there is no such file.'],
    ['no heading', '[a](packages/new/README.md#other)', 'has no such heading.'],
    ['a third heading of two', '[a](packages/new/README.md#same-2)', 'has no such heading.'],
    ['a line of code that looks like a heading', '[a](packages/new/README.md#no-heading)', 'has no such heading.'],
    [
      'no heading of its own file',
      '# Here\n\n[a](#there)',
      'README.md links to #there, and README.md has no such heading.',
    ],
    ['no file, by reference', '[a][b]\n\n[b]: nowhere.md', 'README.md links to nowhere.md'],
    ['no picture, in HTML', '<img src="nowhere.png">', 'README.md links to nowhere.png'],
    ['no file, over two lines', '[a\nb](nowhere.md)', 'README.md links to nowhere.md'],
  ])('may not lead to %s', (_what, text, objection) => {
    write('README.md', text);
    expect(brokenLinks(root)).toEqual([expect.stringContaining(objection)]);
  });
});
