import { VerifiedMobileError } from '@verified-mobile/core/store';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SmppRouteOptions, smppRoute } from '../src/index.ts';
import { resolveOptions } from '../src/setup/resolve-options.ts';

const SECRET = 'hunter22';
const GIVEN: SmppRouteOptions = {
  name: 'operator',
  url: 'smpp://127.0.0.1:2775',
  systemId: 'payouts',
  password: SECRET,
};
const PEM = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';

/** What the error says, which is of this package and of no other kind. */
function refusal(options: object): string {
  try {
    smppRoute({ ...GIVEN, ...options });
  } catch (error) {
    const isRefusal = error instanceof VerifiedMobileError && error.code === 'invalid_configuration';
    return isRefusal ? error.message : `not a refusal: ${String(error)}`;
  }
  return 'accepted';
}

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'smpp-options-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('an option', () => {
  it.each<[object, RegExp]>([
    [{ windw: 5 }, /has no option windw\. It takes: name, url,/],
    [{ name: undefined }, /^name must be 1 to 32 lower-case/],
    [{ name: 'Operator' }, /^name must be/],
    [{ url: undefined }, /^url must be 'smpp:\/\/host:port'/],
    [{ url: 'http://127.0.0.1:2775' }, /^url must be/],
    [{ url: 'smpp://127.0.0.1:2775/path' }, /^url must be/],
    [{ url: `smpp://payouts:${SECRET}@127.0.0.1` }, /^url must not hold credentials/],
    [{ url: `smpp://127.0.0.1?password=${SECRET}` }, /^url must be/],
    [{ systemId: '' }, /^systemId must be/],
    [{ systemId: 'ekö' }, /^systemId must be/],
    [{ password: undefined }, /^password must be a text/],
    [{ password: '' }, /^password is empty/],
    [{ password: `${SECRET}\n` }, /^password must be 1 to 64 printable/],
    [{ password: { env: 'SMPP_TEST_UNSET' } }, /^password is to be in the environment variable SMPP_TEST_UNSET/],
    [{ password: { file: '/nowhere/at/all' } }, /^password is to be in the file .* \(ENOENT\)/],
    [{ password: { env: 'A', file: 'B' } }, /^password must be a text/],
    [{ systemType: 'x'.repeat(13) }, /^systemType must be/],
    [{ sourceAddress: 'x'.repeat(21) }, /^sourceAddress must be/],
    [{ bind: 'receiver' }, /^bind must be "transceiver" or "transmitter"/],
    [{ receipts: 'yes' }, /^receipts must be true or false/],
    [{ messageIds: 'hex' }, /^messageIds must be "as-is" or/],
    [{ validityPeriod: 'never' }, /^validityPeriod must be/],
    [{ longMessages: 'sar' }, /^longMessages must be/],
    [{ reconnectDelayMs: 500, longestReconnectDelayMs: 499 }, /^longestReconnectDelayMs must not be below/],
    [{ throttlePauseMs: 500, longestThrottlePauseMs: 499 }, /^longestThrottlePauseMs must not be below/],
    [{ onFault: 'log' }, /^onFault must be a function/],
    [{ tls: {} }, /^tls is for ssmpp:\/\//],
    [{ dlt: { entityTag: 1 } }, /^dlt has no option entityTag/],
    [{ dlt: { entityIdTag: 0 } }, /^dlt\.entityIdTag must be a whole number from 1 to 65535/],
    [{ dlt: { entityIdTag: '0x10000' } }, /^dlt\.entityIdTag must be/],
    [{ dlt: { entityIdTag: '1400h' } }, /^dlt\.entityIdTag must be/],
    [{ dlt: { entityIdTag: 0x1401 } }, /must differ/],
    [{ dlt: { chainHashTag: 0x1402 } }, /^dlt\.chainHashTag needs dlt\.telemarketerIds/],
    [{ dlt: { telemarketerIds: '1302157225275643280' } }, /^dlt\.telemarketerIds must be a list/],
    [{ dlt: { telemarketerIds: ['1302157225,1302157226'] } }, /^dlt\.telemarketerIds must be ids/],
    [{ dlt: { telemarketerIds: ['130215722'] } }, /^dlt\.telemarketerIds must be ids/],
    [{ dlt: { form: 'nul' } }, /^dlt\.form must be/],
    [{ statuses: { '0x0410': { reason: 'wrong' } } }, /^statuses\['0x0410'\]\.reason must be/],
    [{ statuses: { '0x0410': { code: '633' } } }, /^statuses\['0x0410'\] has no option code/],
    [{ statuses: { '0x0410': { operatorCode: 'a b' } } }, /operatorCode must be/],
    [{ statuses: { ESME_RSYSERR: {} } }, /^The status statuses\['ESME_RSYSERR'\] must be a whole number/],
  ])('%j is refused with the remedy, and without the password', (options, message) => {
    const said = refusal(options);
    expect(said).toMatch(message);
    expect(said).not.toContain(SECRET);
  });

  it.each<[object, RegExp]>([
    [{ cert: PEM }, /^tls\.cert and tls\.key belong together/],
    [{ ca: 'ca.pem' }, /^tls\.ca must be in PEM/],
    [{ rejectUnauthorized: false }, /^tls has no option rejectUnauthorized/],
    [{ servername: 'a b' }, /^tls\.servername must be/],
  ])('tls %j is refused', (tls, message) => {
    expect(refusal({ url: 'ssmpp://127.0.0.1', tls })).toMatch(message);
  });

  it.each([
    ['window', 1, 1_000],
    ['enquireLinkSeconds', 1, 600],
    ['responseTimeoutMs', 100, 60_000],
    ['reconnectDelayMs', 10, 30_000],
    ['longestReconnectDelayMs', 500, 600_000],
    ['throttlePauseMs', 10, 30_000],
    ['longestThrottlePauseMs', 500, 600_000],
    ['sourceTon', 0, 255],
    ['sourceNpi', 0, 255],
    ['destTon', 0, 255],
    ['destNpi', 0, 255],
  ])('%s is from %i to %i', (name, least, most) => {
    for (const value of [least, most]) expect(refusal({ [name]: value })).toBe('accepted');
    for (const value of [least - 1, 600_001, least + 0.5, String(most)])
      expect(refusal({ [name]: value })).toContain(name);
  });
});

describe('the settings', () => {
  it('take the ports of SMPP, brackets of an IPv6 address, and a list of JSON', () => {
    const endpointOf = (url: string): object => resolveOptions({ ...GIVEN, url }).link.endpoint;
    expect(endpointOf('smpp://sms.example.in')).toMatchObject({ host: 'sms.example.in', port: 2_775, tls: undefined });
    expect(endpointOf('ssmpp://sms.example.in/')).toMatchObject({ port: 3_550, tls: { minVersion: 'TLSv1.2' } });
    expect(endpointOf('smpp://[::1]:99')).toMatchObject({ host: '::1', port: 99 });
    const json =
      '{"dlt":{"entityIdTag":"0x1400","telemarketerIds":["1302157225275643280"]},"statuses":{"0x0410":{"operatorCode":"633"}}}';
    const { send, submitter } = resolveOptions({ ...GIVEN, ...(JSON.parse(json) as object) });
    expect(send.dlt).toMatchObject({
      entityIdTag: 0x1400,
      templateIdTag: 0x1401,
      chainHashTag: 0x1402,
      form: 'octets',
    });
    expect([...submitter.statuses]).toEqual([[0x0410, { operatorCode: '633' }]]);
  });

  it('read the password from a variable, and it and PEM from a file, without the line feed at its end', () => {
    process.env['SMPP_TEST_PASSWORD'] = 'of-env';
    const passwordOf = (password: SmppRouteOptions['password']): unknown =>
      resolveOptions({ ...GIVEN, password }).link.bind.body.fields['password'];
    expect(passwordOf({ env: 'SMPP_TEST_PASSWORD' })).toBe('of-env');
    delete process.env['SMPP_TEST_PASSWORD'];
    writeFileSync(join(folder, 'password'), 'of-file\n');
    expect(passwordOf({ file: join(folder, 'password') })).toBe('of-file');
    writeFileSync(join(folder, 'ca.pem'), `${PEM}\n`);
    const tls = { ca: { file: join(folder, 'ca.pem') }, cert: PEM, key: PEM, servername: 'sms.example.in' };
    const { endpoint } = resolveOptions({ ...GIVEN, url: 'ssmpp://127.0.0.1', tls }).link;
    expect(endpoint.tls).toEqual({ minVersion: 'TLSv1.2', ca: PEM, cert: PEM, key: PEM, servername: 'sms.example.in' });
  });

  it('name the address without account and password', () => {
    expect(resolveOptions(GIVEN).link.address).toBe('smpp://127.0.0.1:2775');
    expect(resolveOptions({ ...GIVEN, url: 'ssmpp://[::1]' }).link.address).toBe('ssmpp://[::1]:3550');
    expect(smppRoute({ ...GIVEN, window: 20 })).toMatchObject({ name: 'operator', window: 20 });
  });
});
