/** The issuer's command with a route over SMPP, as an operator runs it: by settings alone. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createOtpClient } from '@verified-mobile/client';
import { generateSigningKey } from '@verified-mobile/issuer';
import { freePort } from '@verified-mobile/test-support/free-port';
import { hasRedis, startRedis } from '@verified-mobile/test-support/redis-server';
import { userDataOf } from '@verified-mobile/test-support/smpp-pdu';
import { startSmscRecorder } from '@verified-mobile/test-support/smsc-recorder';
import { expect, it, onTestFinished } from 'vitest';

const COMMAND = fileURLToPath(new URL('../../issuer/dist/command.js', import.meta.url));
/** Where the command runs, this package is found. */
const HERE = fileURLToPath(new URL('..', import.meta.url));
const PASSWORD = 'hunter22';
const ACCOUNT = {
  id: 'shop',
  developerKey: 'developer-key',
  accessKeys: ['access-key-of-the-test'],
  initiatorId: '9962981729',
  audience: 'payouts',
};
const REGISTRY = `accounts:
  shop:
    entityId: 1101456890000012345
    headers:
      - header: EKOIND
        category: service-implicit
    templates:
      - id: 1107169000000054321
        purpose: mobile-verification
        language: en
        variables: [code]
        text: |-
          {#numeric#} is the OTP to verify your mobile number.
          - Eko India
`;

async function settingsFor(smscPort: number, more: object = {}): Promise<Record<string, string>> {
  const route = { name: 'operator', kind: 'smpp', url: `smpp://127.0.0.1:${smscPort}`, systemId: 'payouts' };
  return {
    ISSUER_URL: 'https://otp.test',
    ISSUER_HOST: '127.0.0.1',
    ISSUER_PORT: String(await freePort()),
    ISSUER_ACCOUNTS: JSON.stringify([ACCOUNT]),
    ISSUER_KEYS: String(generateSigningKey().export({ type: 'pkcs8', format: 'pem' })),
    ISSUER_PEPPERS: Buffer.alloc(32, 'pepper').toString('base64'),
    ISSUER_DRAIN_SECONDS: '0',
    ISSUER_DLT_REGISTRY: REGISTRY,
    ISSUER_SMS_ROUTES: JSON.stringify([{ ...route, password: { env: 'SMPP_PASSWORD' }, ...more }]),
    SMPP_PASSWORD: PASSWORD,
  };
}

function run(settings: Record<string, string>, ...args: string[]): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, [COMMAND, ...args], { env: settings, cwd: HERE });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += String(chunk)));
  return { child, output: () => text };
}

it('sends registered texts, logs its connection, and keeps the password to itself', async () => {
  const smsc = await startSmscRecorder();
  const settings = await settingsFor(smsc.port);
  const { child, output } = run(settings);
  await expect.poll(output).toContain('"msg":"Route operator: bound to');
  const client = createOtpClient({
    developerKey: ACCOUNT.developerKey,
    accessKey: ACCOUNT.accessKeys[0]!,
    initiatorId: ACCOUNT.initiatorId,
    baseUrl: `http://127.0.0.1:${settings['ISSUER_PORT']}/ekoapi/v3`,
  });
  const { tid } = await client.sendOtp({ mobile: '9002336768', cspId: '9002336768' });
  const [submit] = smsc.submits;
  const text = userDataOf(submit!).text.toString('latin1');
  expect(text).toMatch(/^\d{6} is the OTP to verify your mobile number\.\n- Eko India$/);
  expect(submit?.fields).toMatchObject({ source_addr: 'EKOIND', destination_addr: '919002336768' });
  const tlvs = submit!.tlvs.map(({ tag, value }) => [tag, value.toString('latin1')]);
  expect(tlvs).toEqual(
    expect.arrayContaining([
      [0x14_00, '1101456890000012345'],
      [0x14_01, '1107169000000054321'],
    ]),
  );
  expect(await client.getMessage(tid)).toMatchObject({ state: 'accepted', route: 'operator' });

  smsc.drop();
  await expect.poll(output).toContain('"code":"route_fault","message":"Route operator: lost');
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await exit).toEqual([0, null]);
  for (const secret of [PASSWORD, text.slice(0, 6), '9002336768']) expect(output()).not.toContain(secret);
  await smsc.stop();
});

it.skipIf(!hasRedis)(
  'binds in no process that sends nothing, as a provider may let an account in once only',
  async () => {
    const [smsc, redis] = [await startSmscRecorder(), await startRedis()];
    const settings = { ...(await settingsFor(smsc.port)), ISSUER_REDIS_URL: redis.url };
    const { child, output } = run(settings, 'release', ACCOUNT.id, '9002336768');
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(output()).toBe('Released.\n');
    expect(smsc.connections).toBe(0);
    await redis.stop();
    await smsc.stop();
  },
);

it('is checked without a connection, and refused by its setting', async () => {
  const smsc = await startSmscRecorder();
  const check = run(await settingsFor(smsc.port), 'config', 'check');
  expect(await once(check.child, 'close')).toEqual([0, null]);
  expect(check.output()).toContain('sms: operator (smpp)');
  expect(smsc.connections).toBe(0);
  const wrong = run(await settingsFor(smsc.port, { windw: 50 }), 'config', 'check');
  expect(await once(wrong.child, 'close')).toEqual([1, null]);
  expect(wrong.output()).toMatch(/^ISSUER_SMS_ROUTES, route operator: smppRoute\(\) has no option windw\./);
  await smsc.stop();
});
