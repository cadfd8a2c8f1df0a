import { createPublicKey, type KeyObject } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createGuard, publicKey } from '@verified-mobile/core';
import { isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { createIssuer, generateSigningKey, type IssuerOptions, type SigningAlgorithm } from '@verified-mobile/issuer';
import { type CheckpointKeys, openFileLedger, verifyLedger } from '@verified-mobile/issuer/ledger';
import { type Every, startCheckpoints } from '../src/setup/checkpoints.ts';
import { signJws } from '../src/tokens/sign-jws.ts';
import { loadSigningKeys } from '../src/tokens/signing-keys.ts';
import { writePayload } from '../src/tokens/token-payload.ts';
import { goodOptions, issuerUnderTest, type IssuerUnderTest, START } from './support/issuer-under-test.ts';
import { ledgerFolder, sent } from './support/ledger-folder.ts';

const folder = ledgerFolder();
const AT = '2026-05-22T10:29:04.000Z';
let key: KeyObject;
beforeEach(() => void (key = generateSigningKey()));

describe('checkpoints of a ledger', () => {
  it('are signed when the issuer is closed and when it starts, of the last entry, once there is one', async () => {
    const first = await issue(3);
    expect(first).toHaveLength(1);
    const second = await issue(2);
    expect(second).toHaveLength(2);
    const entries = folder.entries();
    expect(payloadOf(first[0])).toEqual({
      iss: 'https://otp.test',
      iat: Math.floor(START / 1000),
      chain: 'node-1',
      sequence: 3,
      hash: hashOf(entries[2]),
    });
    expect(payloadOf(second[0])).toEqual(payloadOf(first[0]));
    expect(payloadOf(second[1])).toMatchObject({ sequence: 5, hash: hashOf(entries[4]) });
  });

  it('are signed every hour until the end, and what a listener throws is a fault', () => {
    const seen: string[] = [];
    const faults: string[] = [];
    let [work, isOver] = [(): void => {}, false];
    const every: Every = (milliseconds, given) => {
      expect(milliseconds).toBe(3_600_000);
      work = given;
      return () => void (isOver = true);
    };
    const head = { chain: 'one', sequence: 1, hash: 'hash' };
    const end = startCheckpoints(
      {
        ledger: { append: async () => {}, ready: async () => {}, close: async () => {}, head: () => head },
        sign: ({ sequence }) => `signed ${sequence}`,
        onCheckpoint(checkpoint) {
          seen.push(checkpoint);
          if (seen.length === 3) throw new Error('full');
        },
        reportFault: ({ during }) => void faults.push(during),
      },
      every,
    );
    work();
    head.sequence = 2;
    work();
    end();
    expect(seen).toEqual(['signed 1', 'signed 1', 'signed 2', 'signed 2']);
    expect([faults, isOver]).toEqual([['ledger'], true]);
  });

  it('do not keep the process', () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    createIssuer({ ...goodOptions(), onCheckpoint: () => {}, ledger: emptyLedger() });
    expect(timers()).toBe(before);
  });

  it.each<[string, Partial<IssuerOptions>]>([
    ['no ledger', {}],
    ['a ledger that does not say where it ends', { ledger: { ...emptyLedger(), head: undefined as never } }],
  ])('are refused with %s', (_, options) => {
    expect(() => createIssuer({ ...goodOptions(), onCheckpoint: () => {}, ...options })).toThrow(
      'onCheckpoint needs a ledger with the method head.',
    );
  });

  it('are neither a token to the issuer nor to a guard, and a token with their type is none either', async () => {
    const [checkpoint = ''] = await issue(1);
    const issuer = issuerUnderTest({ signingKeys: [key] });
    const token = await issuer.token();
    expect((await issuer.validate(token)).status).toBe(0);
    expect((await issuer.validate(checkpoint)).status).not.toBe(0);
    const claims = {
      account: 'shop',
      mobile: '+919002336768',
      audience: 'payouts',
      clientRefId: '1',
      initiatorId: '1234567891',
      transactionHash: '',
    };
    const payload = writePayload('https://otp.test', claims, 'id', START);
    const [asToken, asCheckpoint] = ['JWT', 'ledger-checkpoint+jwt'].map((type) =>
      signJws(type, payload, keysOf(), START),
    );
    expect((await issuer.validate(String(asToken))).status).toBe(0);
    expect((await issuer.validate(String(asCheckpoint))).status).not.toBe(0);
    expect(await decide(token)).toMatchObject({ outcome: 'passed' });
    expect(await decide(checkpoint)).toMatchObject({ outcome: 'refused' });
  });
});

describe('verification with checkpoints', () => {
  it.each<SigningAlgorithm>(['ES256', 'EdDSA', 'RS256'])(
    'proves with %s that their entries are there',
    async (algorithm) => {
      key = generateSigningKey(algorithm);
      const checkpoints = [...(await issue(3)), ...(await issue(2))];
      const keys = await publishedKeys(issuerUnderTest({ signingKeys: [key] }));
      expect(await verifyLedger(folder.path, { checkpoints, keys })).toMatchObject({ entries: 5, problems: [] });
    },
  );

  it('finds a ledger that was rewritten as a whole', async () => {
    const checkpoints = await issue(3);
    for (const name of readdirSync(folder.path)) rmSync(join(folder.path, name));
    await folder.write(5, {}, 'forged');
    expect((await verifyLedger(folder.path)).problems).toEqual([]);
    expect(await problemsWith(checkpoints)).toEqual([
      `The checkpoint of ${AT}: entry 3 is not the one that was written then.`,
    ]);
  });

  it('finds a ledger that was cut together with its note', async () => {
    await folder.write(2);
    const note = { sequence: 2, hash: hashOf(folder.entries()[1]) };
    const checkpoints = await issue(3);
    folder.edit(0, (lines) => lines.slice(0, 2));
    folder.note(note);
    expect((await verifyLedger(folder.path)).problems).toEqual([]);
    expect(await problemsWith(checkpoints.slice(1))).toEqual([`The checkpoint of ${AT}: entries 3 to 5 are missing.`]);
  });

  it.each<[string, (checkpoint: string) => string | Promise<string>, string]>([
    ['a signature that is wrong', (text) => `${text.slice(0, -8)}AAAAAAAA`, 'its signature is wrong.'],
    ['a signature that is missing', (text) => text.slice(0, text.lastIndexOf('.') + 1), 'its signature is wrong.'],
    ['another payload', (text) => withPart(text, 1, { sequence: 2 }), 'its signature is wrong.'],
    ['no algorithm', (text) => withPart(text, 0, { alg: 'none' }), 'its signature is wrong.'],
    ['an unknown key', (text) => withPart(text, 0, { kid: 'unknown' }), 'the key unknown that signed it is not among'],
    ['the type of a token', (text) => withPart(text, 0, { typ: 'JWT' }), 'it is no checkpoint of a ledger.'],
    ['the bytes of a token', async () => issuerUnderTest({ signingKeys: [key] }).token(), 'it is no checkpoint'],
    ['any other text', () => 'text', 'it is no checkpoint of a ledger.'],
  ])('refuses a checkpoint with %s, and says why', async (_, tamper, reason) => {
    const [checkpoint = ''] = await issue(3);
    expect(await problemsWith([checkpoint])).toEqual([]);
    const [problem, ...others] = await problemsWith([await tamper(checkpoint)]);
    expect(problem).toContain(`Checkpoint 1 proves nothing: ${reason}`);
    expect(others).toEqual([]);
  });

  it('needs the keys that signed them', async () => {
    await expect(verifyLedger(folder.path, { checkpoints: ['any'] })).rejects.toThrow('needs keys for checkpoints');
    await expect(verifyLedger(folder.path, { checkpoint: 'any' } as object)).rejects.toThrow(
      'has no option checkpoint',
    );
  });
});

/** Runs an issuer on the folder that writes so many events, and returns the checkpoints that it signed. */
async function issue(events: number): Promise<string[]> {
  const checkpoints: string[] = [];
  const ledger = await openFileLedger({ folder: folder.path, node: 'node-1' });
  const onCheckpoint = (checkpoint: string): void => void checkpoints.push(checkpoint);
  const issuer = issuerUnderTest({ signingKeys: [key], ledger, onCheckpoint });
  for (let index = 0; index < events; index += 1) await ledger.append(sent(`r-${index}`));
  await issuer.nodes[0]?.close();
  return checkpoints;
}

async function problemsWith(checkpoints: readonly string[]): Promise<readonly string[]> {
  const keys = { keys: keysOf().map(({ publicJwk }) => publicJwk) };
  return (await verifyLedger(folder.path, { checkpoints, keys })).problems;
}

function keysOf(): ReturnType<typeof loadSigningKeys> {
  return loadSigningKeys([key]);
}

async function publishedKeys(issuer: IssuerUnderTest): Promise<CheckpointKeys> {
  const response = await issuer.fetch(new Request('https://otp.test/.well-known/jwks.json'));
  return (await response.json()) as CheckpointKeys;
}

async function decide(token: string): Promise<object> {
  const guard = createGuard<null>({
    issuers: { issuer: 'https://otp.test', audience: 'payouts', keys: publicKey(createPublicKey(key), 'ES256') },
    service: 'payouts',
    token: () => token,
    idempotencyKey: () => undefined,
    replayStore: isolatedMemoryReplayStore({ clock: () => START }),
    clock: () => START,
  });
  return guard.decide({ request: null, method: 'POST', url: '/payouts' });
}

function emptyLedger(): Required<NonNullable<IssuerOptions['ledger']>> {
  const head = { chain: 'one', sequence: 0, hash: '' };
  return { append: async () => {}, ready: async () => {}, close: async () => {}, head: () => head };
}

function payloadOf(checkpoint: string | undefined): object {
  return partOf(checkpoint ?? '', 1);
}

function partOf(jws: string, index: number): object {
  return JSON.parse(Buffer.from(jws.split('.')[index]!, 'base64url').toString()) as object;
}

function withPart(jws: string, index: number, changes: object): string {
  const part = Buffer.from(JSON.stringify({ ...partOf(jws, index), ...changes })).toString('base64url');
  return jws.split('.').with(index, part).join('.');
}

function hashOf(entry: object | undefined): string {
  return (entry as { hash: string }).hash;
}
