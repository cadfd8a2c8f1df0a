/** One process writes a folder, also if its number means nothing to the others. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Ledger } from '@verified-mobile/issuer';
import { verifyLedger } from '@verified-mobile/issuer/ledger';
import { openFileLedgerIn } from '../src/ledger/file-ledger.ts';
import { type LeaseWorld, REAL_WORLD } from '../src/ledger/lease.ts';
import { type ProcessIdentity, thisProcess } from '../src/ledger/process-identity.ts';
import { ledgerFolder, sent } from './support/ledger-folder.ts';

const folder = ledgerFolder();
const lock = (): string => join(folder.path, 'writer.lock');
const BUILT_LEDGER = fileURLToPath(new URL('../dist/ledger.js', import.meta.url));
const OTHER_CONTAINER = { pidNamespace: 'pid:[1]' };

/** A process somewhere else, whose time goes on when the test says so. */
interface Elsewhere extends LeaseWorld {
  beat: () => Promise<void>;
  waitedMs: number;
}

function elsewhere(identity: Partial<ProcessIdentity> = {}, whileItWaits = async (): Promise<void> => {}): Elsewhere {
  const world: Elsewhere = {
    waitedMs: 0,
    beat: async () => {},
    identify: async () => ({ ...(await thisProcess()), ...identity }),
    async pause(milliseconds) {
      world.waitedMs += milliseconds;
      await whileItWaits();
    },
    every(_milliseconds, work) {
      world.beat = work;
      return () => {};
    },
  };
  return world;
}

async function openIn(world: LeaseWorld): Promise<Ledger> {
  const ledger = await openFileLedgerIn(world, { folder: folder.path });
  onTestFinished(async () => ledger.close());
  return ledger;
}

/** Leaves a lease behind, as a process does that is killed. */
async function leave(identity: Partial<ProcessIdentity>): Promise<void> {
  await openIn(elsewhere(identity));
}

describe('the lease of a folder', () => {
  it('is refused at once to another process of this container, which is named, and to this one', async () => {
    await leave({});
    const world = elsewhere();
    await expect(openIn(world)).rejects.toThrow(`Process ${process.pid} writes this ledger`);
    expect(world.waitedMs).toBe(0);
  });

  it.each<[string, Partial<ProcessIdentity>]>([
    ['a process that is gone', { pid: 4_194_300 }],
    ['a process whose number another one was given', { pid: process.ppid, startTime: '1' }],
  ])('is taken over at once from %s', async (_, identity) => {
    await leave(identity);
    const world = elsewhere();
    const ledger = await openIn(world);
    await ledger.append(sent('one'));
    expect(world.waitedMs).toBeLessThan(500);
    await ledger.close();
  });

  it('is taken over at once from a process that has ended and that nobody asked for', async () => {
    const child = spawn('sh', ['-c', 'read _ <&3 & echo $!; exec sleep 600'], {
      stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [line] = (await once(child.stdout!, 'data')) as [Buffer];
    const pid = Number(String(line));
    const fields = (): string[] => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    // Until it has become sleep, the shell asks for those that have ended.
    await expect.poll(() => readFileSync(`/proc/${child.pid}/comm`, 'utf8')).toBe('sleep\n');
    (child.stdio[3] as Writable).end('\n');
    await expect.poll(() => fields()[0]).toBe('Z');
    await leave({ pid, startTime: fields()[19]! });
    const world = elsewhere();
    await (await openIn(world)).close();
    expect(world.waitedMs).toBeLessThan(500);
  });

  it.each<[string, Partial<ProcessIdentity>]>([
    ['of another container', OTHER_CONTAINER],
    ['of another host', { bootId: 'another' }],
    ['of a system that says nothing but the number', { bootId: '', pidNamespace: '', startTime: '' }],
  ])('of a process %s is refused while its heart beats', async (_, identity) => {
    const owner = elsewhere(identity);
    const ledger = await openIn(owner);
    const newcomer = elsewhere({}, async () => {
      if (newcomer.waitedMs === 2_000) await owner.beat();
    });
    await expect(openIn(newcomer)).rejects.toThrow('A process of another container or host writes this ledger');
    expect(newcomer.waitedMs).toBe(2_000);
    await ledger.append(sent('one'));
    await ledger.close();
  });

  it('is taken over after three heartbeats that did not come; its owner, if it was only slow, then writes no more', async () => {
    const slow = await openIn(elsewhere(OTHER_CONTAINER));
    await slow.append(sent('one'));
    const newcomer = elsewhere();
    const ledger = await openIn(newcomer);
    expect(newcomer.waitedMs).toBeGreaterThanOrEqual(6_000);
    expect(newcomer.waitedMs).toBeLessThan(7_000);
    await expect(slow.append(sent('late'))).rejects.toMatchObject({ code: 'ledger_unavailable' });
    await expect(slow.ready()).rejects.toThrow('Another process has taken over');
    await ledger.append(sent('two'));
    await slow.close();
    await ledger.append(sent('three'));
    expect(folder.entries().map(({ requestId }) => requestId)).toEqual(['one', 'two', 'three']);
    expect((await verifyLedger(folder.path)).problems).toEqual([]);
    await ledger.close();
  });

  it('is not kept alive by the heartbeat of the one before', async () => {
    const slow = elsewhere(OTHER_CONTAINER);
    await openIn(slow);
    await leave({ pidNamespace: 'pid:[2]' });
    const newcomer = elsewhere({}, async () => slow.beat());
    await (await openIn(newcomer)).close();
    expect(newcomer.waitedMs).toBeGreaterThanOrEqual(6_000);
  });

  it('is lost with its file', async () => {
    const ledger = await openIn(elsewhere());
    writeFileSync(lock(), '{}');
    await expect(ledger.ready()).rejects.toThrow('Another process has taken over');
  });

  it('that a crash left empty is taken over', async () => {
    writeFileSync(lock(), '');
    await (await openIn(elsewhere())).close();
    expect(existsSync(lock())).toBe(false);
  });

  it('that its owner is just writing is not taken over', async () => {
    writeFileSync(lock(), '');
    const text = JSON.stringify({ id: 'own', ...(await thisProcess()) });
    const newcomer = elsewhere({}, async () => writeFileSync(lock(), text));
    await expect(openIn(newcomer)).rejects.toThrow(`Process ${process.pid} writes this ledger`);
  });

  it.each<[string, string]>([
    ['nothing in it', ''],
    ['its maker in it', JSON.stringify({ id: 'crashed', pid: 4_194_300 })],
  ])('is taken over where another newcomer has crashed at that, with %s', async (_, text) => {
    await leave({ pid: 4_194_300 });
    const { id } = JSON.parse(readFileSync(lock(), 'utf8')) as { id: string };
    writeFileSync(`${lock()}.after-${id}`, text);
    await (await openIn(elsewhere())).close();
    expect(readdirSync(folder.path).filter((name) => name.startsWith('writer'))).toEqual([]);
  });

  it('is left behind by nobody who closes', async () => {
    await folder.write(1);
    expect(readdirSync(folder.path).toSorted()).toEqual(['head.json', 'ledger-000000000001.jsonl']);
  });

  it.each<[string, () => Promise<void>]>([
    ['that nobody has', async () => {}],
    ['of a process that is gone', async () => leave({ pid: process.ppid, startTime: '1' })],
  ])('%s is won by one of many newcomers of its container', async (_, before) => {
    for (let round = 0; round < 20; round += 1) {
      await before();
      expect(await countOf(Array.from({ length: 8 }, (_1, index) => later(elsewhere(), index * 2)))).toBe(1);
    }
  });

  it.each<[string, () => Promise<void>]>([
    ['that nobody has', async () => {}],
    ['of a container that is gone', async () => leave(OTHER_CONTAINER)],
  ])('%s is won by one of many newcomers of other containers', async (_, before) => {
    await before();
    // While one waits, the hearts of all others beat.
    const beats = async (): Promise<void> => void (await Promise.all(worlds.map(async ({ beat }) => beat())));
    const worlds = Array.from({ length: 8 }, (_1, index) => elsewhere({ pidNamespace: `pid:[${index + 2}]` }, beats));
    expect(await countOf(worlds)).toBe(1);
  });
});

/** Begins some turns of the event loop later. */
function later(world: Elsewhere, turns: number): LeaseWorld {
  return {
    ...world,
    async identify() {
      for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
      return world.identify();
    },
  };
}

/** Opens in all at once, closes those that could, and says how many they were. */
async function countOf(worlds: readonly LeaseWorld[]): Promise<number> {
  const results = await Promise.allSettled(worlds.map(async (world) => openIn(world)));
  const winners = results.filter((result) => result.status === 'fulfilled').map(({ value }) => value);
  await Promise.all(winners.map(async (winner) => winner.close()));
  return winners.length;
}

/** Only root may make a namespace for processes. */
describe.skipIf(process.getuid?.() !== 0)('the lease of a folder that two containers share', () => {
  it('is refused while the other one runs, where its number is 1, and taken over when it was killed', async () => {
    const child = await ledgerInContainer();
    await expect(openIn(REAL_WORLD)).rejects.toThrow('A process of another container or host writes this ledger');
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    await (await openIn(elsewhere())).close();
  });
});

async function ledgerInContainer(): Promise<ChildProcess> {
  const program = `
    const { openFileLedger } = await import(${JSON.stringify(BUILT_LEDGER)});
    await openFileLedger({ folder: ${JSON.stringify(folder.path)} });
    setInterval(() => {}, 1000);
    console.log('open as', process.pid);`;
  const args = [
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
    process.execPath,
    '--input-type=module',
    '-e',
    program,
  ];
  const child = spawn('unshare', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  expect(String((await once(child.stdout, 'data'))[0])).toBe('open as 1\n');
  return child;
}
