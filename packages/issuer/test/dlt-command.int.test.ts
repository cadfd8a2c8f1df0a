import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EXAMPLE } from './support/dlt-registries.ts';
import { BANK, sendBody, SHOP } from './support/issuer-under-test.ts';
import { CALLS, COMMAND, environment, type Service, startService } from './support/running-command.ts';

const EXAMPLE_PATH = fileURLToPath(new URL('../docs/dlt-registry.example.yaml', import.meta.url));
const MESSAGE = '042317 is the OTP to verify your mobile number.\n- Example Bank';

let folder: string;
let registry: string;
let service: Service | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'issuer-dlt-'));
  registry = join(folder, 'dlt-registry.yaml');
  writeFileSync(registry, EXAMPLE);
});
afterEach(async () => {
  await service?.stop('SIGKILL');
  service = undefined;
  rmSync(folder, { recursive: true, force: true });
});

async function run(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, [COMMAND, ...args], { env })) };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

describe('verified-mobile-issuer dlt check', () => {
  it('says what to know of a registry, each with its place, and ends with 0', async () => {
    const { code, stdout } = await run(['dlt', 'check', EXAMPLE_PATH]);
    expect(code).toBe(0);
    expect(stdout).toContain(`${EXAMPLE_PATH}:51:9: warning: bank 1707158000000000201 has {#var#}`);
    expect(stdout).toMatch(/\nerrors: 0, warnings: 3, notes: 3\. Templates checked: 5\.\n$/);
  });

  it('takes the registry of the settings, and only the account and the template that are named', async () => {
    const one = ['dlt', 'check', '--account', 'bank', '--template', '1707158000000000201'];
    const { code, stdout } = await run(one, { ISSUER_DLT_REGISTRY_FILE: registry });
    expect([code, stdout.split('\n').length]).toEqual([0, 3]);
    expect(stdout).toContain('ISSUER_DLT_REGISTRY:51:9: warning: bank 1707158000000000201');
    expect(stdout).toContain('Templates checked: 1.');
  });

  it('names each mistake with place and code, and ends with 1', async () => {
    writeFileSync(registry, EXAMPLE.replace('header: EXBANK', 'header: EXSHOP').replace('[EXSHOP]', '[EXSHIP]'));
    const { code, stdout } = await run(['dlt', 'check', registry]);
    expect(code).toBe(1);
    expect(stdout.split('\n').slice(0, 2)).toEqual([
      `${registry}:14:19: error: accounts.shop.templates[0].headers[0] is no header of this account. EXSHOP is meant? It has EXSHOP. Operators' code 620.`,
      `${registry}:47:17: error: accounts.bank.headers[0].header is a header of another entity: 1701158000000000001, of the account shop. Operators' code 623.`,
    ]);
  });

  it('says which template a text matches, where it departs from the others, and what it costs', async () => {
    const { code, stdout } = await run(['dlt', 'check', registry, '--text', MESSAGE]);
    expect(code).toBe(0);
    expect(stdout).toContain(
      'does not match shop 1707158000000000101: character 47 (U+000A), 633 TEMPLATE_NOT_MATCHED\n',
    );
    expect(stdout).toContain('\nmatches bank 1707158000000000201\n');
    expect(stdout).toMatch(/\ngsm-7, 62 units, segments: 1\n$/);
    expect((await run(['dlt', 'check', registry, '--text', MESSAGE, '--account', 'shop'])).code).toBe(1);
  });

  it('says the same to programs', async () => {
    const { code, stdout } = await run(['dlt', 'check', registry, '--json', '--text', MESSAGE, '--account', 'bank']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      findings: [],
      text: {
        alphabet: 'gsm-7',
        units: 62,
        segments: 1,
        bytes: 55,
        templates: [
          { account: 'bank', template: '1707158000000000201', outcome: 'matched' },
          expect.objectContaining({ template: '1707158000000000202', outcome: 'mismatched' }),
        ],
      },
      passed: true,
    });
    writeFileSync(registry, '');
    const empty = await run(['dlt', 'check', registry, '--json']);
    expect(empty.code).toBe(1);
    expect(JSON.parse(empty.stdout)).toEqual({
      findings: [
        { severity: 'error', line: 1, column: 1, message: 'The file is empty. Give it accounts.', operatorCode: '600' },
      ],
      passed: false,
    });
  });

  it.each([
    [['dlt'], 'Usage: verified-mobile-issuer dlt check [<file>]'],
    [['dlt', 'check'], 'ISSUER_DLT_REGISTRY is missing. Set it to a DLT registry, or name a file.'],
    [['dlt', 'check', '/no/such/file'], '/no/such/file cannot be read.'],
    [['dlt', 'check', EXAMPLE_PATH, '--account', 'other'], 'There is no account other. There are shop, bank.'],
    [['dlt', 'check', EXAMPLE_PATH, '--account', 'bank', '--template', '7'], 'There is no template 7. There are 17'],
    [['dlt', 'check', EXAMPLE_PATH, '--txt', 'a'], "Unknown option '--txt'"],
  ])('answers %j in one line', async (args, expected) => {
    const { code, stderr } = await run(args);
    expect(code).toBe(1);
    expect(stderr).toContain(expected);
  });
});

describe('the service with a DLT registry', () => {
  it('is checked by config check: what is in force, or the first mistake', async () => {
    const env = await environment(folder, { more: { ISSUER_DLT_REGISTRY_FILE: registry } });
    const good = await run(['config', 'check'], env);
    expect(good).toMatchObject({ code: 0 });
    expect(good.stdout).toContain('\ndltRegistry: accounts 2, headers 2, templates 5\n');
    writeFileSync(registry, EXAMPLE.replace('header: EXBANK', 'header: 565690'));
    const bad = await run(['config', 'check'], env);
    expect([bad.code, bad.stderr]).toEqual([
      1,
      expect.stringMatching(
        /^ISSUER_DLT_REGISTRY, line 47, column 17: accounts\.bank\.headers\[0\]\.header must be 3 to 6/,
      ),
    ]);
    writeFileSync(registry, EXAMPLE.replace('  shop:', '  shopp:'));
    const missing = await run(['config', 'check'], env);
    expect([missing.code, missing.stderr]).toEqual([
      1,
      expect.stringMatching(/^ISSUER_DLT_REGISTRY has no entry for the account shop/),
    ]);
  });

  it('sends what is registered, says so in its first line, and reads it again on SIGHUP', async () => {
    service = await startService(folder, { more: { ISSUER_DLT_REGISTRY_FILE: registry } });
    await service.says('"dltRegistry":"accounts 2, headers 2, templates 5"');
    expect(await service.call('POST', CALLS, { ...sendBody(), language: 'mr' })).toMatchObject({
      message: 'language must be one of en, hi.',
    });
    writeFileSync(registry, EXAMPLE.replace('language: hi', 'language: mr'));
    await service.hangUp('"registered":2,"msg":"reloaded"');
    expect(await service.call('POST', CALLS, { ...sendBody(), language: 'mr' })).toMatchObject({ status: 0 });

    writeFileSync(registry, '');
    await service.hangUp('not reloaded, all stays as it was: ISSUER_DLT_REGISTRY, line 1, column 1: The file is empty');
    writeFileSync(join(folder, 'accounts.json'), JSON.stringify([SHOP, { ...BANK, id: 'other' }]));
    writeFileSync(registry, EXAMPLE);
    await service.hangUp('not reloaded, all stays as it was: ISSUER_DLT_REGISTRY has no entry for the account other');
    const { code, output } = await service.stop('SIGTERM');
    expect(code).toBe(0);
    expect(output).not.toContain(service.sentCode());
  });
});
