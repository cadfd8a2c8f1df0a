import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readKeys, revokeKey, rotateKeyFile } from '../src/command/key-file.ts';
import { readPeppers, rotatePepperFile } from '../src/command/pepper-file.ts';
import { inUseAt } from '../src/lib/rotation.ts';
import { loadPeppers, peppersAt } from '../src/setup/peppers.ts';
import { loadSigningKeys } from '../src/tokens/signing-keys.ts';
import { issuerUnderTest, OTP_URL, sendBody, START } from './support/issuer-under-test.ts';

const MINUTE = 60_000;

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rotation-'));
  path = join(folder, 'secrets.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const text = (): string => readFileSync(path, 'utf8').trim();

describe('peppers rotate', () => {
  it('makes a pepper of 32 bytes that is used at once', () => {
    const [pepper] = rotatePepperFile(path, START);
    expect(pepper?.secret).toHaveLength(32);
    expect(readPeppers(text(), path)).toEqual([{ secret: pepper?.secret }]);
  });

  it('has the next one accepted at once, used ten minutes later, and the one before retired ten minutes after that', () => {
    const first = secretOf(rotatePepperFile(path, START)[0]);
    const second = secretOf(rotatePepperFile(path, START)[1]);
    const secretsAt = (now: number): string[] =>
      peppersAt(loadPeppers(readPeppers(text(), path)), now).map((secret) => secretOf({ secret }));
    expect(secretsAt(START)).toEqual([first, second]);
    expect(secretsAt(START + 10 * MINUTE - 1)).toEqual([first, second]);
    expect(secretsAt(START + 10 * MINUTE)).toEqual([second, first]);
    expect(secretsAt(START + 20 * MINUTE - 1)).toEqual([second, first]);
    expect(secretsAt(START + 20 * MINUTE)).toEqual([second]);
  });

  it.each([
    ['is not used yet', { usedFrom: START + 1 }],
    ['has retired', { retiresAt: START }],
  ])('leaves no code without a pepper: nothing is sent if the only one %s', async (_, dates) => {
    const issuer = issuerUnderTest({ peppers: [{ secret: Buffer.alloc(32, 1), ...dates }], onFault: () => {} });
    expect((await issuer.request('POST', OTP_URL, sendBody())).status).toBe(500);
    expect(issuer.sms).toEqual([]);
  });

  it('drops a pepper whose end has come with the rotation after', () => {
    rotatePepperFile(path, START);
    rotatePepperFile(path, START);
    expect(rotatePepperFile(path, START + 20 * MINUTE)).toHaveLength(2);
  });

  it.each([
    ['no JSON', '[secret'],
    ['an entry without a pepper', '[{"secret":"c2VjcmV0"}]'],
    ['a date that is none', '[{"pepper":"c2VjcmV0","from":"soon"}]'],
  ])('refuses a file with %s, and does not quote it', (_, content) => {
    writeFileSync(path, content);
    const rotate = (): unknown => rotatePepperFile(path, START);
    expect(rotate).toThrow('secrets.json is not in its form. Make one with "verified-mobile-issuer peppers rotate');
    expect(rotate).not.toThrow(/c2VjcmV0|\[secret/);
  });
});

describe('keys revoke', () => {
  const kidsOf = (): string[] => loadSigningKeys(readKeys(text(), path)).map(({ kid }) => kid);
  const signerAt = (now: number): string | undefined => inUseAt(loadSigningKeys(readKeys(text(), path)), now)?.kid;

  it('drops the key that signs, and the next one signs at once', () => {
    rotateKeyFile(path, 'ES256', START);
    rotateKeyFile(path, 'ES256', START);
    const [leaked, next] = kidsOf();
    expect(signerAt(START)).toBe(leaked);
    revokeKey(path, String(leaked), START);
    expect(kidsOf()).toEqual([next]);
    expect(signerAt(START)).toBe(next);
  });

  it('replaces the only key by a new one that signs at once', () => {
    rotateKeyFile(path, 'ES256', START);
    const [leaked] = kidsOf();
    revokeKey(path, String(leaked), START);
    expect(kidsOf()).toEqual([signerAt(START)]);
    expect(kidsOf()).not.toContain(leaked);
  });

  it('leaves the key that signs, if another one has leaked', () => {
    rotateKeyFile(path, 'ES256', START);
    rotateKeyFile(path, 'ES256', START);
    const [signer, leaked] = kidsOf();
    revokeKey(path, String(leaked), START);
    expect(kidsOf()).toEqual([signer]);
  });

  it('refuses a key that is not there, and leaves the file as it is', () => {
    rotateKeyFile(path, 'ES256', START);
    const before = text();
    expect(() => revokeKey(path, 'other', START)).toThrow('has no key other. See "keys list');
    expect(text()).toBe(before);
  });
});

function secretOf(pepper: { secret: Uint8Array } | undefined): string {
  return Buffer.from(pepper?.secret ?? []).toString('base64');
}
