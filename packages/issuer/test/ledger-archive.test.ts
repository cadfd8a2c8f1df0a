import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateSigningKey } from '@verified-mobile/issuer';
import { openFileLedger, verifyLedger } from '@verified-mobile/issuer/ledger';
import { archiveLedger } from '../src/ledger/archive.ts';
import type { ChainHead } from '../src/ledger/chain.ts';
import { signCheckpoint } from '../src/tokens/sign-checkpoint.ts';
import { loadSigningKeys } from '../src/tokens/signing-keys.ts';
import { START } from './support/issuer-under-test.ts';
import { ledgerFolder, sent } from './support/ledger-folder.ts';

const SMALL = { maxFileBytes: 4096 };
const signing = loadSigningKeys([generateSigningKey()]);
const keys = { keys: signing.map(({ publicJwk }) => publicJwk) };
const sign = (head: ChainHead): string =>
  signCheckpoint({ chain: 'node-1', ...head }, { issuer: 'https://otp.test', keys: signing, now: START });

const folder = ledgerFolder();
let archive: string;
beforeEach(() => void (archive = mkdtempSync(join(tmpdir(), 'archive-'))));
afterEach(() => rmSync(archive, { recursive: true, force: true }));

describe('an archive of a ledger', () => {
  it('takes all files but the newest, and both parts verify alone', async () => {
    await folder.write(60, SMALL);
    const files = folder.files();
    expect(await archiveFolder()).toEqual(files.slice(0, -1));
    expect(folder.files()).toEqual(files.slice(-1));
    const [rest, archived] = [await verifyLedger(folder.path, { keys }), await verifyLedger(archive)];
    expect([rest.problems, archived.problems]).toEqual([[], []]);
    expect(rest.entries + archived.entries).toBe(60);
    expect(rest.head.sequence).toBe(60);
    expect(archived.head.sequence).toBe(archived.entries);
    expect(new Set(readdirSync(folder.path))).toEqual(new Set(['head.json', files.at(-1), 'start.jws']));
  });

  it('is made while the ledger is written', async () => {
    const ledger = await openFileLedger({ folder: folder.path, ...SMALL });
    for (let index = 0; index < 100; index += 1) {
      await ledger.append(sent(`r-${index}`));
      if (index % 40 === 39) await Promise.all([archiveFolder(), ledger.append(sent('meanwhile'))]);
    }
    await ledger.ready();
    await ledger.close();
    const [rest, archived] = [await verifyLedger(folder.path, { keys }), await verifyLedger(archive)];
    expect([rest.problems, archived.problems]).toEqual([[], []]);
    expect(rest.entries + archived.entries).toBe(102);
  });

  it('goes on in the same folder, or in a new one that begins with the checkpoint of the entry before', async () => {
    await folder.write(60, SMALL);
    await archiveFolder();
    await folder.write(60, SMALL);
    await archiveFolder();
    const first = await verifyLedger(archive);
    expect(first.problems).toEqual([]);
    await folder.write(60, SMALL);
    const second = join(archive, 'second');
    await archiveFolder(second);
    expect((await verifyLedger(second, { keys })).problems).toEqual([]);
    expect((await verifyLedger(second)).problems).toEqual([
      'start.jws: the start cannot be checked without the keys that signed it.',
    ]);
    const [rest, later] = [await verifyLedger(folder.path, { keys }), await verifyLedger(second, { keys })];
    expect([rest.problems, first.entries + later.entries + rest.entries]).toEqual([[], 180]);
  });

  it('leaves a ledger that goes on, also if its newest file is empty yet', async () => {
    await folder.write(30);
    writeFileSync(join(folder.path, 'ledger-000000000031.jsonl'), '');
    await archiveFolder();
    const faults: string[] = [];
    await folder.write(1, { onFault: ({ message }) => void faults.push(message) });
    expect(faults).toEqual([]);
    expect(await verifyLedger(folder.path, { keys })).toMatchObject({
      entries: 1,
      problems: [],
      head: { sequence: 31 },
    });
  });

  it('has nothing to do where there is one file', async () => {
    await folder.write(3);
    expect(await archiveFolder()).toEqual([]);
    expect(existsSync(join(folder.path, 'start.jws'))).toBe(false);
  });

  it.each<[string, (files: readonly string[]) => Promise<void>]>([
    ['while it copied', async ([first = '']) => copyFileSync(join(folder.path, first), join(archive, first))],
    ['in the middle of a file', async ([first = '']) => writeFileSync(join(archive, `${first}.new`), '{"sequen')],
    [
      'before the checkpoint was written',
      async () => {
        const crash = async (): Promise<unknown> =>
          archiveLedger({
            folder: folder.path,
            archive,
            sign: () => {
              throw new Error('crash');
            },
          });
        await expect(crash()).rejects.toThrow('crash');
      },
    ],
    [
      'before it removed what was copied',
      async (files) => {
        await archiveFolder();
        for (const file of files) copyFileSync(join(archive, file), join(folder.path, file));
      },
    ],
    [
      'while it removed what was copied',
      async (files) => {
        await archiveFolder();
        for (const file of files.slice(1)) copyFileSync(join(archive, file), join(folder.path, file));
      },
    ],
  ])('loses nothing to a crash %s: what is there verifies, and the next run ends it', async (_, crash) => {
    await folder.write(60, SMALL);
    await archiveFolder();
    await folder.write(60, SMALL);
    await crash(folder.files().slice(0, -1));
    expect((await verifyLedger(folder.path, { keys })).problems).toEqual([]);
    await archiveFolder();
    expect(folder.files()).toHaveLength(1);
    const [rest, archived] = [await verifyLedger(folder.path, { keys }), await verifyLedger(archive)];
    expect([rest.problems, archived.problems, rest.entries + archived.entries]).toEqual([[], [], 120]);
  });

  it('is taken up again by the first run of all, and begins with the first entry', async () => {
    await folder.write(60, SMALL);
    const files = folder.files().slice(0, -1);
    await archiveFolder();
    for (const file of files) copyFileSync(join(archive, file), join(folder.path, file));
    await archiveFolder();
    expect(existsSync(join(archive, 'start.jws'))).toBe(false);
    expect((await verifyLedger(archive)).problems).toEqual([]);
  });

  it.each<[string, () => Promise<void> | void, string]>([
    [
      'another ledger in it',
      () => writeFileSync(join(archive, 'ledger-000000000000.jsonl'), readFileSync(folder.fileAt(0))),
      'does not end where',
    ],
    [
      'other lines under the name of a file',
      () => writeFileSync(join(archive, folder.files()[0]!), '{}\n'),
      'is there already, with other lines.',
    ],
  ])('refuses a folder with %s, and moves nothing', async (_, spoil, reason) => {
    await folder.write(60, SMALL);
    const files = folder.files();
    await spoil();
    await expect(archiveFolder()).rejects.toThrow(reason);
    expect(folder.files()).toEqual(files);
    expect(existsSync(join(folder.path, 'start.jws'))).toBe(false);
  });

  it('is made by one process at a time', async () => {
    await folder.write(60, SMALL);
    let second: Promise<string> = Promise.resolve('');
    await archiveLedger({
      folder: folder.path,
      archive,
      sign(head) {
        second = archiveFolder().then(() => 'archived twice', String);
        return sign(head);
      },
    });
    expect(await second).toContain(`Process ${process.pid} `);
  });
});

describe('verification of a folder whose beginning is archived', () => {
  beforeEach(async () => {
    await folder.write(60, SMALL);
    await archiveFolder();
    await folder.write(60, SMALL);
  });

  it.each<[string, () => void, object, RegExp]>([
    [
      'says that the start cannot be checked without keys',
      () => {},
      {},
      /^start.jws: the start cannot be checked without/,
    ],
    [
      'finds a checkpoint that another key has signed',
      () => {},
      { keys: { keys: [] } },
      /^start.jws: the start cannot be checked: the key .* is not among those given/,
    ],
    [
      'finds a start that was moved',
      () => {
        const [header, , signature] = readFileSync(join(folder.path, 'start.jws'), 'utf8').split('.');
        const payload = { iss: 'https://otp.test', iat: 0, chain: 'node-1', sequence: 1, hash: 'other' };
        const part = Buffer.from(JSON.stringify(payload)).toString('base64url');
        writeFileSync(join(folder.path, 'start.jws'), [header, part, signature].join('.'));
      },
      { keys },
      /^start.jws: the start cannot be checked: its signature is wrong/,
    ],
    [
      'finds a missing start',
      () => rmSync(join(folder.path, 'start.jws')),
      { keys },
      /^ledger-[0-9]+.jsonl:1: entries 1 to [0-9]+ are missing/,
    ],
    [
      'finds a missing first file',
      () => rmSync(folder.fileAt(0)),
      { keys },
      /:1: entries [0-9]+ to [0-9]+ are missing/,
    ],
    [
      'finds a changed line',
      () => folder.edit(0, (lines) => lines.with(0, lines[0]!.replace('request', 'other'))),
      { keys },
      /entry [0-9]+ was changed/,
    ],
    [
      'finds lines from before the start that do not lead to it',
      () =>
        writeFileSync(
          join(folder.path, 'ledger-000000000001.jsonl'),
          readFileSync(join(archive, 'ledger-000000000001.jsonl')),
        ),
      { keys },
      /entries [0-9]+ to [0-9]+ are missing/,
    ],
  ])('%s', async (_, tamper, options, found) => {
    tamper();
    expect((await verifyLedger(folder.path, options)).problems[0]).toMatch(found);
  });

  it('finds a ledger that was rewritten from its first entry on, behind the same start', async () => {
    const start = readFileSync(join(folder.path, 'start.jws'));
    for (const name of readdirSync(folder.path)) rmSync(join(folder.path, name));
    await folder.write(130, {}, 'forged');
    writeFileSync(join(folder.path, 'start.jws'), start);
    expect((await verifyLedger(folder.path, { keys })).problems).toEqual([
      expect.stringMatching(/^The start: entry [0-9]+ is not the one that was written then\.$/),
    ]);
  });

  it('proves the entry that it begins behind, and sends to the archive with those before', async () => {
    const { head } = await verifyLedger(archive, { keys });
    const start = readFileSync(join(folder.path, 'start.jws'), 'utf8').trim();
    expect((await verifyLedger(folder.path, { keys, checkpoints: [start] })).problems).toEqual([]);
    expect((await verifyLedger(archive, { keys, checkpoints: [start] })).problems).toEqual([]);
    const older = sign({ sequence: 2, hash: hashOfEntry(2) });
    expect((await verifyLedger(archive, { keys, checkpoints: [older] })).problems).toEqual([]);
    expect((await verifyLedger(folder.path, { keys, checkpoints: [older] })).problems).toEqual([
      expect.stringMatching(/^The checkpoint of .*: entry 2 is in an archive: check it there\.$/),
    ]);
    const forged = sign({ ...head, hash: 'other' });
    expect((await verifyLedger(folder.path, { keys, checkpoints: [forged] })).problems).toEqual([
      expect.stringMatching(/^The checkpoint of .* is not the one that was written then\.$/),
    ]);
  });
});

async function archiveFolder(to = archive): Promise<readonly string[]> {
  return archiveLedger({ folder: folder.path, archive: to, sign });
}

function hashOfEntry(sequence: number): string {
  const lines = readFileSync(join(archive, 'ledger-000000000001.jsonl'), 'utf8').split('\n');
  return (JSON.parse(lines[sequence - 1]!) as { hash: string }).hash;
}
