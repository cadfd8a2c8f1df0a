import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { IssuerError } from '@verified-mobile/issuer';
import { verifyLedger } from '@verified-mobile/issuer/ledger';
import { ledgerFolder, resealed } from './support/ledger-folder.ts';

const folder = ledgerFolder();

describe('a ledger whose end was cut', () => {
  const faults: string[] = [];
  const onFault = ({ code, message }: IssuerError): void => void faults.push(`${code}: ${message}`);
  beforeEach(() => void faults.splice(0));

  it('goes on behind the noted entry, says so at every start until then, and shows the gap for ever', async () => {
    await folder.write(52);
    folder.edit(0, (lines) => lines.slice(0, 40));
    for (let starts = 0; starts < 2; starts += 1) await folder.write(0, { onFault });
    const said = `ledger_damaged: The ledger in ${folder.path} was changed: entries 41 to 52 are missing.`;
    expect(faults).toEqual([said, said]);
    for (let starts = 0; starts < 2; starts += 1) await folder.write(3, { onFault });
    expect(faults).toHaveLength(3);
    expect(await verifyLedger(folder.path)).toMatchObject({
      entries: 46,
      head: { sequence: 58 },
      problems: ['ledger-000000000053.jsonl:1: entries 41 to 52 are missing.'],
    });
  });

  it('goes on behind the noted entry when its newest file is gone', async () => {
    await folder.write(60, { maxFileBytes: 4096 });
    const newest = folder.files().at(-1)!;
    rmSync(join(folder.path, newest));
    await folder.write(1, { onFault });
    const missing = `entries ${Number(/[0-9]+/.exec(newest))} to 60 are missing.`;
    expect(faults.join()).toContain(missing);
    expect((await verifyLedger(folder.path)).problems.join()).toContain(missing);
  });

  it.each<[string, (file: string) => void]>([
    ['all of its files are gone', (file) => rmSync(file)],
    ['its only file was emptied', (file) => writeFileSync(file, '')],
    ['the end of its first line is cut', (file) => truncateSync(file, 30)],
  ])('goes on behind the noted entry when %s', async (_, damage) => {
    await folder.write(4);
    damage(folder.fileAt(0));
    await folder.write(1, { onFault });
    expect(faults.join()).toContain('entries 1 to 4 are missing.');
    expect((await verifyLedger(folder.path)).problems.join()).toContain('entries 1 to 4 are missing.');
  });

  it('leaves what it finds as it is: a last line without its line feed may be read on', async () => {
    await folder.write(4);
    const path = folder.fileAt(0);
    const before = readFileSync(path, 'utf8').trimEnd();
    writeFileSync(path, before);
    await folder.write(1, { onFault });
    expect(faults.join()).toContain('entry 4 is missing.');
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  it('shows for ever that its last entry was replaced', async () => {
    await folder.write(4);
    folder.edit(0, (lines) => [...lines.slice(0, 3), resealed(lines[3]!)]);
    await folder.write(2, { onFault });
    expect(faults.join()).toContain('entry 4 is not the one that was written then.');
    expect((await verifyLedger(folder.path)).problems.join()).toMatch(/entry 5 does not follow the one before it/);
  });

  it('says that it cannot know where the note of its end is gone', async () => {
    await folder.write(4);
    rmSync(join(folder.path, 'head.json'));
    await folder.write(1, { onFault });
    expect(faults.join()).toContain('head.json is missing: whether the end was cut cannot be checked.');
  });

  it('has a note of its end before its first line: a crash must not look like a note that was removed', async () => {
    await folder.write(0);
    expect(JSON.parse(readFileSync(join(folder.path, 'head.json'), 'utf8'))).toEqual({ sequence: 0, hash: '' });
  });

  it('is not taken for cut when a crash came between the lines and their note, also over a new file', async () => {
    await folder.write(30, { maxFileBytes: 4096 });
    const note = readFileSync(join(folder.path, 'head.json'));
    await folder.write(30, { maxFileBytes: 4096 });
    writeFileSync(join(folder.path, 'head.json'), note);
    await folder.write(1, { onFault });
    expect(faults).toEqual([]);
    expect(await verifyLedger(folder.path)).toMatchObject({ entries: 61, problems: [] });
  });

  it('is not taken for cut when a crash came before the first line of a new file', async () => {
    await folder.write(30);
    writeFileSync(join(folder.path, 'ledger-000000000031.jsonl'), '');
    await folder.write(1, { onFault });
    expect(faults).toEqual([]);
    expect(await verifyLedger(folder.path)).toMatchObject({ entries: 31, problems: [] });
  });
});
