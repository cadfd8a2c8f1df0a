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
const SECRET = 'secret-of-the-receipts';
const REGISTRY = `accounts:
  shop:
    entityId: 1701158000000000001
    headers:
      - header: EXSHOP
        category: service-implicit
    templates:
      - id: 1707158000000000101
        headers: [EXSHOP]
        purpose: mobile-verification
        language: en
        variables: [code]
        text: |-
          {#numeric#} is the OTP to verify your mobile number.
          - Test Shop
`;

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

function registered(registry: string): Record<string, string> {
  writeFileSync(join(folder, 'dlt.yaml'), registry);
  return { ISSUER_DLT_REGISTRY_FILE: join(folder, 'dlt.yaml') };
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

  it('sends a registered text by the second route if the first is down, and knows by its receipt that it arrived', async () => {
    const [first, second] = [
      await startProvider(answerText(503, 'down')),
      await startProvider(answerJson(200, { state: 'queued', id: 'm-2' })),
    ];
    first.stopListening();
    const dlt = { entity: '{{dlt.entityId}}', header: '{{dlt.header}}', template: '{{dlt.templateId}}' };
    const receipts = {
      secret: '${SMS_RECEIPTS_SECRET}',
      in: 'header',
      name: 'x-secret',
      messageId: 'id',
      status: 'status',
      statuses: { DELIVRD: 'delivered' },
    };
    const json = { to: '{{to.national}}', text: '{{text}}', ...dlt };
    const routes = [httpRoute(first.url), { ...httpRoute(second.url), name: 'second', json, receipts }];
    const more = { ...settingsOf(...routes), SMS_API_KEY: KEY, SMS_RECEIPTS_SECRET: SECRET, ...registered(REGISTRY) };
    service = await startService(folder, { more });
    const { data } = (await service.call('POST', CALLS, sendBody())) as { data: { tid: string } };
    expect(JSON.parse(second.requests[0]!.body)).toMatchObject({
      to: '9002336768',
      text: expect.stringMatching(/^\d{6} is the OTP to verify your mobile number\.\n- Test Shop$/) as string,
      entity: '1701158000000000001',
      header: 'EXSHOP',
      template: '1707158000000000101',
    });
    const message = `${CALLS}/messages/${data.tid}?initiator_id=${SHOP.initiatorId}`;
    expect(await service.call('GET', message)).toMatchObject({ data: { state: 'accepted', route: 'second' } });
    const post = async (secret: string): Promise<number> => {
      const headers = { 'content-type': 'application/json', 'x-secret': secret };
      const url = `${service!.url}/ekoapi/v3/sms/receipts/second`;
      return (await fetch(url, { method: 'POST', headers, body: '{"id":"m-2","status":"DELIVRD"}' })).status;
    };
    expect([await post('guessed-guessed-guessed'), await post(SECRET)]).toEqual([401, 200]);
    expect(await service.call('GET', message)).toMatchObject({ data: { receipt: 'delivered', message_id: 'm-2' } });
  });

  it('does not start with a mistake in the DLT registry, and says where; nor does it take one at SIGHUP', async () => {
    const broken = REGISTRY.replace('headers: [EXSHOP]', 'headers: [EXSHOPP]');
    const refusal = 'accounts.shop.templates[0].headers[0] is no header of this account. EXSHOP is meant?';
    const env = { ...(await environment(folder)), ...registered(broken) };
    const start = promisify(execFile)(process.execPath, [COMMAND], { env });
    await expect(start).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`ISSUER_DLT_REGISTRY, line 9, column 19: ${refusal}`) as string,
    });
    service = await startService(folder, { more: registered(REGISTRY) });
    registered(broken);
    await service.hangUp(refusal);
    expect(await service.call('POST', CALLS, sendBody())).toMatchObject({ status: 0 });
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
    // A route connects when it is asked for its receipts.
    const connecting = 'export default { send: () => {}, onReceipt: () => { throw new Error("connected"); } };';
    writeFileSync(join(folder, 'route.mjs'), connecting);
    await check([{ name: 'connecting', kind: 'module', path: join(folder, 'route.mjs') }]);
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
