import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyLedger } from '@verified-mobile/issuer/ledger';
import { ledgerFolder, resealed } from './support/ledger-folder.ts';

const folder = ledgerFolder();

describe('verification of a ledger', () => {
  it.each<[string, (lines: string[]) => string[], RegExp]>([
    ['a changed reason', change(4, (line) => line.replace('request-4', 'request-5')), /:5: entry 5 was changed/],
    ['a missing line', (lines) => lines.toSpliced(3, 1), /:4: entry 4 is missing/],
    ['two missing lines', (lines) => lines.toSpliced(3, 2), /:4: entries 4 to 5 are missing/],
    ['a missing first line', (lines) => lines.slice(1), /:1: entry 1 is missing/],
    ['a missing last line', (lines) => lines.slice(0, -1), /The end: entry 10 is missing/],
    ['lines in another order', (lines) => [lines[1]!, lines[0]!, ...lines.slice(2)], /entry 1 stands behind entry 2/],
    ['a line twice', (lines) => [lines[0]!, ...lines], /entry 1 stands behind entry 1/],
    ['a line that is none', change(4, () => '{}'), /:5: the line is no entry/],
    ['an entry with a hash of its own', change(4, resealed), /:6: entry 6 does not follow/],
  ])('finds %s', async (_, tamper, found) => {
    await folder.write(10);
    folder.edit(0, tamper);
    expect((await verifyLedger(folder.path)).problems.join('\n')).toMatch(found);
  });

  it.each<[string, (text: string) => string, string[]]>([
    [
      'a carriage return behind one line',
      (text) => text.replace('\n', '\r\n'),
      [':1: a carriage return was put behind'],
    ],
    [
      'a carriage return behind every line',
      (text) => text.replaceAll('\n', '\r\n'),
      [':1: a carriage', ':2: a carriage', ':3: a carriage'],
    ],
    ['a carriage return within a line', (text) => text.replace('"kind"', '\r"kind"'), [':1: entry 1 was changed.']],
    [
      'a carriage return in place of a line feed',
      (text) => text.replace('\n', '\r'),
      [':1: the line is no entry.', ':2: entries 1 to 2 are'],
    ],
    ['a blank line at the start', (text) => `\n${text}`, [':1: the line is no entry.']],
    ['a blank line between two', (text) => text.replace('\n', '\n\n'), [':2: the line is no entry.']],
    ['a blank line at the end', (text) => `${text}\n`, [':4: the line is no entry.']],
    [
      'a blank behind a line',
      (text) => text.replace('\n', ' \n'),
      [':1: the line is no entry.', ':2: entry 1 is missing.'],
    ],
    ['a byte order mark', (text) => `\uFEFF${text}`, [':1: the line is no entry.', ':2: entry 1 is missing.']],
    ['a missing line feed at the end', (text) => text.slice(0, -1), [':3: the line has no line feed behind it.']],
  ])('finds %s', async (_, tamper, found) => {
    await folder.write(3);
    const path = folder.fileAt(0);
    writeFileSync(path, tamper(readFileSync(path, 'utf8')));
    const { problems } = await verifyLedger(folder.path);
    expect(problems).toEqual(found.map((problem) => expect.stringContaining(problem) as string));
  });

  it('finds bytes that are no UTF-8 where the entry has the character that stands for such bytes', async () => {
    await folder.write(1, {}, '\uFFFD');
    const path = folder.fileAt(0);
    const bytes = readFileSync(path);
    const at = bytes.indexOf('\uFFFD');
    writeFileSync(path, Buffer.concat([bytes.subarray(0, at), Buffer.of(0xff), bytes.subarray(at + 3)]));
    expect((await verifyLedger(folder.path)).problems[0]).toContain(':1: the line is no UTF-8.');
  });

  it('reads lines that are longer than a piece of the file, to the byte', async () => {
    await folder.write(3, {}, '\u20B9'.repeat(100_000));
    expect((await verifyLedger(folder.path)).problems).toEqual([]);
  });

  it('finds a missing line feed at the end of a file that others follow', async () => {
    await folder.write(60, { maxFileBytes: 4096 });
    const path = folder.fileAt(0);
    writeFileSync(path, readFileSync(path, 'utf8').trimEnd());
    expect((await verifyLedger(folder.path)).problems.join()).toMatch(
      /^ledger-0+1\.jsonl:[0-9]+: the line has no line feed/,
    );
  });

  it('takes no offence at a line that is being written', async () => {
    await folder.write(3);
    appendFileSync(folder.fileAt(0), '{"sequence":4,"previous":"');
    expect(await verifyLedger(folder.path)).toMatchObject({ entries: 3, problems: [] });
  });

  it('finds a whole file missing', async () => {
    await folder.write(60, { maxFileBytes: 4096 });
    rmSync(folder.fileAt(1));
    expect((await verifyLedger(folder.path)).problems.join()).toMatch(/entries \d+ to \d+ are missing/);
  });

  it('says that the end cannot be checked where the note of it is gone', async () => {
    await folder.write(2);
    rmSync(join(folder.path, 'head.json'));
    expect((await verifyLedger(folder.path)).problems).toEqual(['head.json is missing: the end cannot be checked.']);
  });
});

function change(index: number, edit: (line: string) => string): (lines: string[]) => string[] {
  return (lines) => lines.map((line, position) => (position === index ? edit(line) : line));
}
