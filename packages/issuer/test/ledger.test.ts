import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { IssuerError, IssuerEvent, Ledger } from '@verified-mobile/issuer';
import { type FileLedgerOptions, openFileLedger, verifyLedger } from '@verified-mobile/issuer/ledger';
import { sealEntry } from '../src/ledger/chain.ts';
import { issuerUnderTest, START, VERIFY_URL } from './support/issuer-under-test.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'ledger-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a ledger of files', () => {
  it('records every send, attempt, token, validation, consumption and refusal, masked, with its true reason', async () => {
    const ledger = await openFileLedger({ folder });
    const issuer = issuerUnderTest({ ledger });
    await issuer.verify({ otp: '123456' });
    await issuer.send();
    await issuer.verify({ otp: issuer.wrongCode() });
    const token = String((await issuer.verify()).data?.['otp_verification_token']);
    await issuer.validate(token);
    await issuer.request('PUT', VERIFY_URL, {});
    await issuer.nodes[0]?.close();
    expect(entries().map(({ kind, reason }) => [kind, reason])).toEqual([
      ['attempt', 'never-sent'],
      ['send', undefined],
      ['attempt', 'wrong-code'],
      ['attempt', undefined],
      ['token', undefined],
      ['validation', undefined],
      ['refusal', 'bad-request'],
    ]);
    expect(entries()[1]).toMatchObject({ at: START, account: 'shop', mobile: '+9190******68', sequence: 2 });
    const written = text();
    for (const secret of [issuer.newestCode(), token, '9002336768', 'access-key'])
      expect(written).not.toContain(secret);
  });

  it('is whole, across restarts and files', async () => {
    for (let starts = 0; starts < 3; starts += 1) await write(30, { maxFileBytes: 4096 });
    expect(ledgerFiles().length).toBeGreaterThan(2);
    const report = await verifyLedger(folder);
    expect(report).toMatchObject({ entries: 90, problems: [], head: { sequence: 90 } });
  });

  it('keeps the order in which events came, many at once', async () => {
    const ledger = await openFileLedger({ folder });
    await Promise.all(Array.from({ length: 500 }, async (_, index) => ledger.append(event(`request-${index}`))));
    await ledger.close();
    expect(entries().map(({ requestId }) => requestId)).toEqual(Array.from({ length: 500 }, (_, i) => `request-${i}`));
  });

  it('removes a line that a crash tore, and goes on', async () => {
    await write(3);
    appendFileSync(join(folder, ledgerFiles()[0]!), '{"sequence":4,"previous":"');
    await write(2);
    expect(await verifyLedger(folder)).toMatchObject({ entries: 5, problems: [] });
  });

  it('is written by one process', async () => {
    writeFileSync(join(folder, 'writer.pid'), String(process.ppid));
    await expect(openFileLedger({ folder })).rejects.toThrow(`Process ${process.ppid} writes this ledger.`);
  });

  it('takes over from a process that is gone', async () => {
    writeFileSync(join(folder, 'writer.pid'), '4194300');
    await write(1);
    expect((await verifyLedger(folder)).problems).toEqual([]);
  });

  it('says so where it cannot be written, and the answer stays as it is', async () => {
    const faults: string[] = [];
    const broken: Ledger = {
      append: async () => Promise.reject(new Error('disk full')),
      ready: async () => Promise.reject(new Error('disk full')),
      close: async () => {},
    };
    const issuer = issuerUnderTest({ ledger: broken, onFault: ({ during }) => void faults.push(during) });
    expect((await issuer.send()).status).toBe(0);
    expect(faults).toEqual(['ledger']);
    const response = await issuer.fetch(new Request('https://otp.test/ready'));
    expect([response.status, await response.text()]).toEqual([503, '{"status":"unavailable"}']);
  });
});

describe('a ledger whose end was cut', () => {
  const faults: string[] = [];
  const onFault = ({ code, message }: IssuerError): void => void faults.push(`${code}: ${message}`);
  beforeEach(() => void faults.splice(0));

  it('goes on behind the noted entry, says so at every start until then, and shows the gap for ever', async () => {
    await write(52);
    editLines(0, (lines) => lines.slice(0, 40));
    for (let starts = 0; starts < 2; starts += 1) await write(0, { onFault });
    const said = `ledger_damaged: The ledger in ${folder} was changed: entries 41 to 52 are missing.`;
    expect(faults).toEqual([said, said]);
    for (let starts = 0; starts < 2; starts += 1) await write(3, { onFault });
    expect(faults).toHaveLength(3);
    expect(await verifyLedger(folder)).toMatchObject({
      entries: 46,
      head: { sequence: 58 },
      problems: ['ledger-000000000053.jsonl:1: entries 41 to 52 are missing.'],
    });
  });

  it('goes on behind the noted entry when its newest file is gone', async () => {
    await write(60, { maxFileBytes: 4096 });
    const newest = ledgerFiles().at(-1)!;
    rmSync(join(folder, newest));
    await write(1, { onFault });
    const missing = `entries ${Number(/[0-9]+/.exec(newest))} to 60 are missing.`;
    expect(faults.join()).toContain(missing);
    expect((await verifyLedger(folder)).problems.join()).toContain(missing);
  });

  it.each<[string, (folder: string, file: string) => void]>([
    ['all of its files are gone', (at, file) => rmSync(join(at, file))],
    ['its only file was emptied', (at, file) => writeFileSync(join(at, file), '')],
    ['the end of its first line is cut', (at, file) => truncateSync(join(at, file), 30)],
  ])('goes on behind the noted entry when %s', async (_, damage) => {
    await write(4);
    damage(folder, ledgerFiles()[0]!);
    await write(1, { onFault });
    expect(faults.join()).toContain('entries 1 to 4 are missing.');
    expect((await verifyLedger(folder)).problems.join()).toContain('entries 1 to 4 are missing.');
  });

  it('leaves what it finds as it is: a last line without its line feed may be read on', async () => {
    await write(4);
    const path = join(folder, ledgerFiles()[0]!);
    const before = readFileSync(path, 'utf8').trimEnd();
    writeFileSync(path, before);
    await write(1, { onFault });
    expect(faults.join()).toContain('entry 4 is missing.');
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  it('shows for ever that its last entry was replaced', async () => {
    await write(4);
    editLines(0, (lines) => [...lines.slice(0, 3), resealed(lines[3]!)]);
    await write(2, { onFault });
    expect(faults.join()).toContain('entry 4 is not the one that was written last.');
    expect((await verifyLedger(folder)).problems.join()).toMatch(/entry 5 does not follow the one before it/);
  });

  it('says that it cannot know where the note of its end is gone', async () => {
    await write(4);
    rmSync(join(folder, 'head.json'));
    await write(1, { onFault });
    expect(faults.join()).toContain('head.json is missing: whether the end was cut cannot be checked.');
  });

  it('has a note of its end before its first line: a crash must not look like a note that was removed', async () => {
    await write(0);
    expect(JSON.parse(readFileSync(join(folder, 'head.json'), 'utf8'))).toEqual({ sequence: 0, hash: '' });
  });

  it('is not taken for cut when a crash came between the lines and their note, also over a new file', async () => {
    await write(30, { maxFileBytes: 4096 });
    const note = readFileSync(join(folder, 'head.json'));
    await write(30, { maxFileBytes: 4096 });
    writeFileSync(join(folder, 'head.json'), note);
    await write(1, { onFault });
    expect(faults).toEqual([]);
    expect(await verifyLedger(folder)).toMatchObject({ entries: 61, problems: [] });
  });

  it('is not taken for cut when a crash came before the first line of a new file', async () => {
    await write(30);
    writeFileSync(join(folder, 'ledger-000000000031.jsonl'), '');
    await write(1, { onFault });
    expect(faults).toEqual([]);
    expect(await verifyLedger(folder)).toMatchObject({ entries: 31, problems: [] });
  });
});

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
    await write(10);
    editLines(0, tamper);
    expect((await verifyLedger(folder)).problems.join('\n')).toMatch(found);
  });

  it('finds a whole file missing', async () => {
    await write(60, { maxFileBytes: 4096 });
    rmSync(join(folder, ledgerFiles()[1]!));
    expect((await verifyLedger(folder)).problems.join()).toMatch(/entries \d+ to \d+ are missing/);
  });

  it('finds a ledger that was rewritten as a whole, given an entry that was kept elsewhere', async () => {
    await write(10);
    const { head } = await verifyLedger(folder);
    for (const name of readdirSync(folder)) rmSync(join(folder, name));
    await write(12, {}, 'forged');
    expect((await verifyLedger(folder)).problems).toEqual([]);
    expect((await verifyLedger(folder, head)).problems).toEqual([
      'The end: entry 10 is not the one that was written last.',
    ]);
  });

  it('says that the end cannot be checked where the note of it is gone', async () => {
    await write(2);
    rmSync(join(folder, 'head.json'));
    expect((await verifyLedger(folder)).problems).toEqual(['head.json is missing: the end cannot be checked.']);
  });
});

function editLines(file: number, edit: (lines: string[]) => string[]): void {
  const path = join(folder, ledgerFiles()[file]!);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  writeFileSync(path, `${edit(lines).join('\n')}\n`);
}

function change(index: number, edit: (line: string) => string): (lines: string[]) => string[] {
  return (lines) => lines.map((line, position) => (position === index ? edit(line) : line));
}

/** As somebody would who knows how entries are sealed, but does not rewrite those that follow. */
function resealed(line: string): string {
  const { hash: _hash, sequence, previous, ...rest } = JSON.parse(line) as IssuerEvent & Record<string, string>;
  const forged = { ...rest, requestId: 'other' };
  return sealEntry(forged, { sequence: Number(sequence) - 1, hash: previous! }).line;
}

async function write(count: number, options: Partial<FileLedgerOptions> = {}, name = 'request'): Promise<void> {
  const ledger = await openFileLedger({ folder, ...options });
  for (let index = 0; index < count; index += 1) await ledger.append(event(`${name}-${index}`));
  await ledger.close();
}

function event(requestId: string): IssuerEvent {
  return { at: START, kind: 'send', outcome: 'accepted', account: 'shop', mobile: '+9190******68', requestId };
}

function ledgerFiles(): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .toSorted();
}

function text(): string {
  return ledgerFiles()
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('');
}

function entries(): (IssuerEvent & { sequence: number })[] {
  return text()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as IssuerEvent & { sequence: number });
}
