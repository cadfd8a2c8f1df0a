/** The command with routes by settings, as an operator runs it. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendBody, SHOP } from './support/issuer-under-test.ts';
import { CALLS, COMMAND, environment, type Service, startService } from './support/running-command.ts';
import { answerJson, answerText, optionsFor, startProvider } from './support/sms-provider.ts';

const KEY = 'k3y-of-the-provider';

let folder: string;
let service: Service | undefined;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'issuer-'))));
afterEach(async () => {
  await service?.stop('SIGKILL');
  service = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** Settings of routes, in the file that `ISSUER_SMS_ROUTES_FILE` names, in the place of the module. */
function settingsOf(...routes: readonly object[]): Record<string, string> {
  writeFileSync(join(folder, 'routes.json'), JSON.stringify(routes));
  return { ISSUER_SMS_MODULE: '', ISSUER_SMS_ROUTES_FILE: join(folder, 'routes.json') };
}

function httpRoute(url: string): object {
  const { variables: _, clock: __, ...options } = optionsFor(url, { headers: { 'x-key': '${SMS_API_KEY}' } });
  return { kind: 'http', ...options };
}

describe('verified-mobile-issuer', () => {
  it('sends by the HTTP route of its settings, and says why it could not, without a secret and without the SMS', async () => {
    const provider = await startProvider(answerJson(200, { state: 'queued', id: 'm-1' }));
    const more = { ...settingsOf(httpRoute(provider.url)), SMS_API_KEY: KEY };
    service = await startService(folder, { more });
    expect(await service.call('POST', CALLS, sendBody())).toMatchObject({ status: 0 });
    const [sent] = provider.requests;
    const code = /\d{6}/.exec((JSON.parse(sent!.body) as { text: string }).text)![0];
    expect(sent!.headers['x-key']).toBe(KEY);
    const otp = { initiator_id: SHOP.initiatorId, otp: code, mobile: '9002336768' };
    expect(await service.call('PUT', `${CALLS}/verify`, otp)).toMatchObject({ status: 0 });

    provider.answerWith(answerText(401, `who is ${KEY}?`));
    const other = { ...sendBody(), mobile: '9002336769', client_ref_id: '2' };
    expect(await service.call('POST', CALLS, other)).toMatchObject({ status: 1 });
    await service.says('Route example: The provider refuses: status 401. Check the credentials.');
    const { output } = await service.stop('SIGTERM');
    expect(output).toContain('"sms":"example (http)"');
    for (const secret of [KEY, code, '9002336768', '9002336769']) expect(output).not.toContain(secret);
  });

  it('keeps the messages of a sandbox route for whoever sits at the machine', async () => {
    const accounts = JSON.stringify([{ ...SHOP, environment: 'sandbox' }]);
    const sandbox = { ISSUER_ENVIRONMENT: 'sandbox', ISSUER_ACCOUNTS: accounts, ISSUER_ACCOUNTS_FILE: '' };
    service = await startService(folder, { more: { ...settingsOf({ name: 'inbox', kind: 'sandbox' }), ...sandbox } });
    expect(await service.call('POST', CALLS, sendBody())).toMatchObject({ status: 0 });
    const inbox = async (headers = {}): Promise<Response> =>
      fetch(`${service!.url}/sandbox/messages?mobile=9002336768`, { headers });
    expect(await (await inbox()).json()).toMatchObject({ messages: [{ to: '+919002336768' }] });
    expect((await inbox({ 'x-forwarded-for': '192.0.2.1' })).status).toBe(404);
  });

  it('answers no messages without such a route', async () => {
    service = await startService(folder);
    expect((await fetch(`${service.url}/sandbox/messages`)).status).toBe(404);
  });

  it('checks its routes without a connection', async () => {
    const check = async (routes: readonly object[], changes = {}): Promise<{ stdout: string }> => {
      const env = { ...(await environment(folder)), ...settingsOf(...routes), SMS_API_KEY: KEY, ...changes };
      return promisify(execFile)(process.execPath, [COMMAND, 'config', 'check'], { env, cwd: folder });
    };
    const route = httpRoute('https://sms.invalid/send');
    const { stdout } = await check([route, { ...route, name: 'second' }]);
    expect(stdout).toContain('sms: example (http), second (http)\n');
    expect(stdout).not.toContain(KEY);
    const wrong: readonly (readonly [readonly object[], Record<string, string>, string])[] = [
      [
        [route],
        { SMS_API_KEY: '' },
        'ISSUER_SMS_ROUTES, route example: headers.x-key needs the environment variable SMS_API_KEY',
      ],
      [[{ ...route, timeoutMs: 0 }], {}, 'ISSUER_SMS_ROUTES, route example: timeoutMs must be a whole number'],
      [[route], { ISSUER_SMS_MODULE: join(folder, 'sms.mjs') }, 'Set ISSUER_SMS_ROUTES or ISSUER_SMS_MODULE, not both'],
      [[{ name: 'inbox', kind: 'sandbox' }], {}, 'needs ISSUER_ENVIRONMENT=sandbox'],
      [[route], { ISSUER_SMS_ROUTE: '[]' }, 'ISSUER_SMS_ROUTE: no such setting'],
      [[{ name: 'operator', kind: 'smpp' }], {}, 'npm install @verified-mobile/smpp'],
    ];
    for (const [routes, changes, stderr] of wrong) {
      await expect(check(routes, changes)).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringContaining(stderr) as string,
      });
    }
  });
});
