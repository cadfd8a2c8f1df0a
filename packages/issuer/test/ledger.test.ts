import { appendFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { describe, expect, it, vi } from 'vitest';
import type { IssuerAccount, Ledger } from '@verified-mobile/issuer';
import { openFileLedger, verifyLedger } from '@verified-mobile/issuer/ledger';
import { BANK, issuerUnderTest, SHOP, START, VERIFY_URL } from './support/issuer-under-test.ts';
import { ledgerFolder, sent } from './support/ledger-folder.ts';

const folder = ledgerFolder();

describe('a ledger of files', () => {
  it('records every send, attempt, token, validation, consumption and refusal, masked, with its true reason', async () => {
    const ledger = await openFileLedger({ folder: folder.path });
    const issuer = issuerUnderTest({ ledger });
    await issuer.verify({ otp: '123456' });
    await issuer.send();
    await issuer.verify({ otp: issuer.wrongCode() });
    const token = String((await issuer.verify()).data?.['otp_verification_token']);
    await issuer.validate(token);
    await issuer.request('PUT', VERIFY_URL, {});
    await issuer.nodes[0]?.close();
    expect(folder.entries().map(({ kind, outcome, reason }) => [kind, reason ?? outcome])).toEqual([
      ['attempt', 'never-sent'],
      ['send', 'intended'],
      ['send', 'accepted'],
      ['attempt', 'wrong-code'],
      ['attempt', 'accepted'],
      ['token', 'accepted'],
      ['validation', 'accepted'],
      ['refusal', 'bad-request'],
    ]);
    expect(folder.entries()[1]).toMatchObject({ at: START, account: 'shop', mobile: '+9190******68', sequence: 2 });
    const written = folder.text();
    for (const secret of [issuer.newestCode(), token, '9002336768', 'access-key'])
      expect(written).not.toContain(secret);
  });

  it('has no entry of a request that no account signed, and the listener is told of each', async () => {
    const ledger = await openFileLedger({ folder: folder.path });
    const accounts: IssuerAccount[] = [SHOP, { ...BANK, environment: 'sandbox' }];
    const issuer = issuerUnderTest({ ledger, accounts });
    await issuer.fetch(new Request(VERIFY_URL, { method: 'PUT' }));
    await issuer.request('PUT', VERIFY_URL, {}, { ...SHOP, accessKeys: ['another-access-key'] });
    await issuer.request('PUT', VERIFY_URL, {}, { ...SHOP, developerKey: 'unknown' });
    await issuer.request('PUT', VERIFY_URL, {}, BANK);
    await issuer.request('PUT', VERIFY_URL, {});
    await issuer.nodes[0]?.close();
    expect(issuer.events.map(({ reason, account }) => [reason, account])).toEqual([
      ['forbidden', undefined],
      ['forbidden', undefined],
      ['forbidden', undefined],
      ['wrong-environment', undefined],
      ['bad-request', 'shop'],
    ]);
    expect(folder.entries().map(({ reason, sequence }) => [reason, sequence])).toEqual([['bad-request', 1]]);
    expect((await verifyLedger(folder.path)).problems).toEqual([]);
  });

  it('has an entry of a request that an account signed at an address it may not call from', async () => {
    const ledger = await openFileLedger({ folder: folder.path });
    const issuer = issuerUnderTest({ ledger, accounts: [{ ...SHOP, allowedAddresses: ['203.0.113.7'] }] });
    expect((await issuer.request('PUT', VERIFY_URL, {})).status).toBe(403);
    await issuer.nodes[0]?.close();
    expect(folder.entries()).toMatchObject([{ kind: 'refusal', reason: 'address', account: 'shop' }]);
  });

  it('is whole, across restarts and files', async () => {
    for (let starts = 0; starts < 3; starts += 1) await folder.write(30, { maxFileBytes: 4096 });
    expect(folder.files().length).toBeGreaterThan(2);
    const report = await verifyLedger(folder.path);
    expect(report).toMatchObject({ entries: 90, problems: [], head: { sequence: 90 } });
  });

  it('keeps the order in which events came, many at once', async () => {
    const ledger = await openFileLedger({ folder: folder.path });
    await Promise.all(Array.from({ length: 500 }, async (_, index) => ledger.append(sent(`request-${index}`))));
    await ledger.close();
    expect(folder.entries().map(({ requestId }) => requestId)).toEqual(
      Array.from({ length: 500 }, (_, i) => `request-${i}`),
    );
  });

  it('removes a line that a crash tore, and goes on', async () => {
    await folder.write(3);
    appendFileSync(folder.fileAt(0), '{"sequence":4,"previous":"');
    await folder.write(2);
    expect(await verifyLedger(folder.path)).toMatchObject({ entries: 5, problems: [] });
  });

  it('removes half a batch before it goes on, also if that cannot be done at once', async () => {
    const ledger = await openFileLedger({ folder: folder.path });
    await ledger.append(sent('before'));
    const any = await open(folder.fileAt(0));
    const methods = Object.getPrototypeOf(any) as FileHandle;
    await any.close();
    const failing = new Error('EIO');
    // The line is in the file by then, and it is not known whether it is on disk.
    const datasync = vi.spyOn(methods, 'datasync').mockRejectedValueOnce(failing);
    const truncate = vi.spyOn(methods, 'truncate').mockRejectedValueOnce(failing);
    await expect(ledger.append(sent('lost'))).rejects.toMatchObject({ code: 'ledger_unavailable' });
    expect(folder.text()).toContain('lost');
    await ledger.append(sent('after'));
    await ledger.close();
    for (const spy of [datasync, truncate]) spy.mockRestore();
    expect(folder.entries()).toMatchObject([
      { requestId: 'before' },
      { kind: 'loss', lost: 1 },
      { requestId: 'after' },
    ]);
    expect((await verifyLedger(folder.path)).problems).toEqual([]);
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
    expect(faults).toEqual(['ledger', 'ledger']);
    const response = await issuer.fetch(new Request('https://otp.test/ready'));
    expect([response.status, await response.text()]).toEqual([503, '{"status":"unavailable"}']);
  });
});
