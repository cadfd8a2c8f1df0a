import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IssuerEvent } from '@verified-mobile/issuer';
import { openFileLedger, verifyLedger } from '@verified-mobile/issuer/ledger';
import { START } from './support/issuer-under-test.ts';

/** Only root may mount a disk small enough to fill. */
const isRoot = process.getuid?.() === 0;
const PAGE_BYTES = 4096;
let disk: string;

describe.skipIf(!isRoot)('a ledger of files on a disk that is full', () => {
  beforeAll(() => {
    disk = mkdtempSync(join(tmpdir(), 'disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk]);
  });
  afterAll(() => {
    // Lazily: a test that failed still has its file open.
    execFileSync('umount', ['--lazy', disk]);
    rmSync(disk, { recursive: true, force: true });
  });

  it('keeps its chain, is not ready meanwhile, and goes on without a gap when there is room again', async () => {
    const folder = join(disk, 'ledger');
    const ledger = await openFileLedger({ folder });
    await ledger.append(event('before'));
    await ledger.ready();
    fill(join(disk, 'filler'));
    // The last page of the file has room, a new head file does not: the line is written all the same.
    await ledger.append(event('in the last page'));
    await expect(ledger.ready()).rejects.toMatchObject({ code: 'ENOSPC' });
    const [accepted, refused] = await appendUntilRefused(ledger);
    expect((await verifyLedger(folder)).problems).toEqual([]);
    rmSync(join(disk, 'filler'));
    await ledger.ready();
    await ledger.append(event('after'));
    await ledger.close();
    const lines = linesOf(folder);
    expect(lines.filter(({ kind }) => kind === 'send')).toHaveLength(accepted + 3);
    expect(lines.filter(({ kind }) => kind === 'loss')).toMatchObject([{ lost: refused }]);
    expect((await verifyLedger(folder)).problems).toEqual([]);
  });
});

async function appendUntilRefused(ledger: {
  append: (event: IssuerEvent) => Promise<void>;
}): Promise<[number, number]> {
  for (let accepted = 0; ; accepted += 1) {
    try {
      await ledger.append(event(`r-${accepted}`));
    } catch {
      return [accepted, 1];
    }
  }
}

function fill(path: string): void {
  const writeOn = (): void => {
    for (;;) writeFileSync(path, Buffer.alloc(PAGE_BYTES), { flag: 'a' });
  };
  expect(writeOn).toThrow('ENOSPC');
}

function linesOf(folder: string): Record<string, unknown>[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  const text = files.map((name) => readFileSync(join(folder, name), 'utf8')).join('');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function event(requestId: string): IssuerEvent {
  return { at: START, kind: 'send', outcome: 'accepted', account: 'shop', requestId };
}
