/**
 * The files of docs/providers as they are, each against a server that answers as the documentation of the provider says:
 * docs/sms-providers.md names the pages.
 */
import { readFileSync } from 'node:fs';
import type { SmsResult, SmsRoute } from '@verified-mobile/issuer';
import { type HttpSmsOptions, httpSmsRoute } from '@verified-mobile/issuer/http-sms';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openRoutes } from '../src/command/open-routes.ts';
import { readRouteSettings } from '../src/command/sms-routes.ts';
import {
  type Answer,
  answerJson,
  answerText,
  NOW,
  SMS,
  type SmsProvider,
  startProvider,
} from './support/sms-provider.ts';

const textOf = (name: string): string =>
  readFileSync(new URL(`../docs/providers/${name}.json`, import.meta.url), 'utf8');

interface Account {
  readonly route: SmsRoute;
  readonly provider: SmsProvider;
  readonly send: (answer: Answer) => Promise<SmsResult>;
}

/** The route of a file, with this account, at a server of the test in the place of the provider's host. */
async function accountAt(name: string, host: string, variables: Record<string, string>): Promise<Account> {
  const provider = await startProvider(answerText(500, ''));
  expect(textOf(name)).toContain(`"https://${host}/`);
  const text = textOf(name).replace(`https://${host}`, new URL(provider.url).origin);
  const [{ kind: _, ...options }] = JSON.parse(text) as [HttpSmsOptions & { kind: string }];
  const route = httpSmsRoute({ ...options, variables, clock: () => NOW, onFault: () => {} });
  onTestFinished(async () => route.close?.());
  const send = async (answer: Answer): Promise<SmsResult> => {
    provider.answerWith(answer);
    return route.send(SMS, { signal: new AbortController().signal });
  };
  return { route, provider, send };
}

const SECRET = 'secret-of-the-receipts';

async function receipt(
  route: SmsRoute,
  type: string,
  body: string,
  secret = SECRET,
): Promise<{ status: number; receipts: unknown }> {
  const url = `https://otp.example.in/sms/receipts/${route.name}?secret=${secret}`;
  const reading = await route.readReceipts!(
    new Request(url, { method: 'POST', headers: { 'content-type': type }, body }),
  );
  return { status: reading.response.status, receipts: reading.outcome === 'read' ? reading.receipts : [] };
}

const FORM = 'application/x-www-form-urlencoded';
const UNKNOWN = { outcome: 'unknown' };
const refused = (reason: string, operatorCode?: string): object => ({
  outcome: 'refused',
  reason,
  ...(operatorCode !== undefined && { operatorCode }),
});

describe('exotel', () => {
  const exotel = async (): Promise<Account> =>
    accountAt('exotel', 'api.in.exotel.com', {
      EXOTEL_ACCOUNT_SID: 'example1',
      EXOTEL_API_KEY: 'key',
      EXOTEL_API_TOKEN: 'token',
      EXOTEL_STATUS_CALLBACK: `https://otp.example.in/sms/receipts/exotel?secret=${SECRET}`,
      EXOTEL_RECEIPTS_SECRET: SECRET,
    });
  const SID = '0f477d60517e6e6a0f6d9a7e9af8630e';
  const message = (Status: string): object => ({
    SMSMessage: {
      Sid: SID,
      AccountSid: 'example1',
      From: 'EXSHOP',
      To: '09002336768',
      DateSent: null,
      Body: 'x',
      Direction: 'outbound-api',
      Status,
    },
  });
  const exception = (Status: number, Message: string, Code?: string): object => ({
    RestException: { Status, Message, Code },
  });

  it('is sent the form that its reference describes', async () => {
    const { send, provider } = await exotel();
    expect(await send(answerJson(200, message('queued')))).toEqual({ outcome: 'accepted', messageId: SID });
    expect(provider.requests).toMatchObject([
      {
        method: 'POST',
        path: '/v1/Accounts/example1/Sms/send.json',
        headers: { authorization: `Basic ${Buffer.from('key:token').toString('base64')}`, 'content-type': FORM },
        body:
          'From=EXSHOP&To=%2B919002336768&Body=134021+is+the+OTP+to+verify+your+mobile+number.%0A-+Example+Shop' +
          '&DltEntityId=1201160000000012345&DltTemplateId=1207160000000012345&SmsType=transactional&Priority=high' +
          `&StatusCallback=https%3A%2F%2Fotp.example.in%2Fsms%2Freceipts%2Fexotel%3Fsecret%3D${SECRET}`,
      },
    ]);
  });

  it.each<readonly [string, Answer, object]>([
    ['202', answerJson(202, message('submitted')), { outcome: 'accepted', messageId: SID }],
    ['a message that has failed', answerJson(200, message('failed')), UNKNOWN],
    ['400 Invalid Parameters', answerJson(400, exception(400, 'Invalid Parameters')), refused('message')],
    [
      '401',
      answerJson(401, exception(401, 'Authentication failed. Invalid API Key or Token.', 'UNAUTHORIZED')),
      refused('unavailable', 'UNAUTHORIZED'),
    ],
    ['402', answerJson(402, exception(402, 'Insufficient balance')), refused('unavailable')],
    [
      '403 Insufficient balance',
      answerJson(403, exception(403, 'Insufficient balance to send the SMS')),
      refused('unavailable'),
    ],
    [
      '403 in XML',
      answerText(403, '<TwilioResponse><RestException><Status>403</Status></RestException></TwilioResponse>'),
      refused('unavailable'),
    ],
    ['404', answerJson(404, exception(404, 'Not Found')), refused('unavailable')],
    ['409', answerJson(409, exception(409, 'Duplicate request')), UNKNOWN],
    [
      '429',
      answerJson(429, exception(429, 'Too Many Requests'), { 'retry-after': '30' }),
      { ...refused('throttled'), retryAfterMs: 30_000 },
    ],
    ['500', answerJson(500, exception(500, 'Internal Server Error')), UNKNOWN],
    ['503', answerJson(503, exception(503, 'Service Unavailable')), UNKNOWN],
  ])('answers %s', async (_what, answer, result) => {
    expect(await (await exotel()).send(answer)).toEqual(result);
  });

  it.each([
    ['delivered', '20005', 'delivered'],
    ['sent', '20006', 'accepted'],
    ['submitted', '21020', 'accepted'],
    ['failed', '23080', 'undelivered'],
    ['failed_dnd', '23005', 'rejected'],
    ['undelivered', '23010', 'undelivered'],
    ['expired', '23000', 'expired'],
  ])('calls back with %s', async (status, code, meaning) => {
    const { route } = await exotel();
    const body = `SmsSid=${SID}&To=%2B919002336768&Status=${status}&SmsUnits=1&DetailedStatus=X&DetailedStatusCode=${code}&DateSent=2026-05-22+16%3A04%3A04`;
    const receipts = [{ messageId: SID, status: meaning, operatorCode: code }];
    expect(await receipt(route, FORM, body)).toEqual({ status: 200, receipts });
    expect((await receipt(route, FORM, body, 'another')).status).toBe(401);
  });
});

describe('gupshup', () => {
  const gupshup = async (): Promise<Account> =>
    accountAt('gupshup', 'enterprise.smsgupshup.com', {
      GUPSHUP_USER_ID: '2000000000',
      GUPSHUP_PASSWORD: 'p&ss=word',
      GUPSHUP_RECEIPTS_SECRET: SECRET,
    });
  const ID = '3562707498794989059-328736121207676738';

  it('is sent the parameters that its reference describes', async () => {
    const { send, provider } = await gupshup();
    expect(await send(answerText(200, `success | 919002336768 | ${ID}\n`))).toEqual({
      outcome: 'accepted',
      messageId: ID,
    });
    expect(provider.requests).toMatchObject([
      {
        method: 'POST',
        path: '/GatewayAPI/rest',
        headers: { 'content-type': FORM },
        body:
          'method=SendMessage&userid=2000000000&password=p%26ss%3Dword&auth_scheme=plain&v=1.1&format=text&msg_type=TEXT' +
          '&send_to=919002336768&msg=134021+is+the+OTP+to+verify+your+mobile+number.%0A-+Example+Shop' +
          '&mask=EXSHOP&principalEntityId=1201160000000012345&dltTemplateId=1207160000000012345',
      },
    ]);
  });

  it.each<readonly [string, object]>([
    ['100', UNKNOWN],
    ['101', refused('unavailable', '101')],
    ['102', refused('unavailable', '102')],
    ['103', refused('unavailable', '103')],
    ['104', refused('unavailable', '104')],
    ['105', refused('message', '105')],
    ['106', refused('unavailable', '106')],
    ['107', refused('unavailable', '107')],
    ['108', refused('message', '108')],
    ['109', refused('message', '109')],
    ['175', refused('message', '175')],
  ])('answers 200 with error %s', async (code, result) => {
    const { send, provider } = await gupshup();
    expect(await send(answerText(200, `error | ${code} | The reason, in words with a | in them.\n`))).toEqual(result);
    expect(provider.requests).toHaveLength(1);
  });

  it.each<readonly [string, Answer, object]>([
    [
      '429',
      answerText(429, 'Too Many Requests', { 'retry-after': '2' }),
      { ...refused('throttled'), retryAfterMs: 2_000 },
    ],
    ['a page', answerText(200, '<html>Down for maintenance</html>'), UNKNOWN],
    ['nothing', answerText(200, ''), UNKNOWN],
    ['502', answerText(502, 'Bad Gateway'), UNKNOWN],
  ])('answers %s', async (_what, answer, result) => {
    expect(await (await gupshup()).send(answer)).toEqual(result);
  });

  it('calls back with up to 20 events', async () => {
    const { route } = await gupshup();
    const common = {
      eventTs: 1_526_347_800_000,
      destAddr: 919_892_488_888,
      srcAddr: 'EXSHOP',
      channel: 'SMS',
      noOfFrags: 1,
    };
    const event = (externalId: string, eventType: string, cause: string, errCode: string): object => ({
      ...common,
      externalId,
      eventType,
      cause,
      errCode,
    });
    const response = [
      event(ID, 'DELIVERED', 'SUCCESS', '000'),
      event('2-2', 'FAILED', 'UNKNOWN_SUBSCRIBER', '003'),
      event('3-3', 'QUEUED', '', ''),
    ];
    expect(await receipt(route, 'application/json', JSON.stringify({ response }))).toEqual({
      status: 200,
      receipts: [
        { messageId: ID, status: 'delivered', operatorCode: '000' },
        { messageId: '2-2', status: 'undelivered', operatorCode: '003' },
      ],
    });
    expect((await receipt(route, 'application/json', '[response=')).status).toBe(400);
    expect((await receipt(route, 'application/json', JSON.stringify({ response }), '')).status).toBe(401);
  });
});

describe('msg91', () => {
  const msg91 = async (): Promise<Account> =>
    accountAt('msg91', 'api.msg91.com', { MSG91_AUTH_KEY: 'auth-key', MSG91_RECEIPTS_SECRET: SECRET });
  const ID = '5762846b4f8d285d378b4567';

  it('is sent the JSON that its reference describes', async () => {
    const { send, provider } = await msg91();
    expect(await send(answerJson(200, { message: ID, type: 'success' }))).toEqual({
      outcome: 'accepted',
      messageId: ID,
    });
    expect(provider.requests).toMatchObject([
      {
        method: 'POST',
        path: '/api/v2/sendsms',
        headers: { authkey: 'auth-key', 'content-type': 'application/json' },
        body:
          '{"sender":"EXSHOP","route":"4","country":"91","DLT_TE_ID":"1207160000000012345","sms":[{"message":' +
          '"134021 is the OTP to verify your mobile number.\\n- Example Shop","to":["9002336768"]}]}',
      },
    ]);
  });

  it.each<readonly [number, string, object]>([
    [200, '101', refused('message', '101')],
    [200, '102', refused('message', '102')],
    [200, '103', refused('message', '103')],
    [200, '105', refused('unavailable', '105')],
    [200, '106', refused('unavailable', '106')],
    [401, '106', refused('unavailable', '106')],
    [200, '107', refused('unavailable', '107')],
    [200, '202', refused('message', '202')],
    [200, '203', refused('message', '203')],
    [200, '207', refused('unavailable', '207')],
    [200, '208', refused('unavailable', '208')],
    [200, '301', refused('unavailable', '301')],
    [200, '302', refused('unavailable', '302')],
    [200, '303', refused('unavailable', '303')],
    [200, '306', refused('unavailable', '306')],
    [200, '310', refused('message', '310')],
    [200, '311', UNKNOWN],
    [200, '418', refused('unavailable', '418')],
  ])('answers %i with error %s', async (status, code, result) => {
    expect(await (await msg91()).send(answerJson(status, { type: 'error', message: 'Words', code }))).toEqual(result);
  });

  it.each<readonly [string, Answer, object]>([
    ['429', answerJson(429, { type: 'error', message: 'Too many' }), refused('throttled')],
    ['an error without a code', answerJson(200, { type: 'error', message: 'Words' }), UNKNOWN],
    ['the id alone, as text', answerText(200, ID), UNKNOWN],
    ['500', answerText(500, ''), UNKNOWN],
  ])('answers %s', async (_what, answer, result) => {
    expect(await (await msg91()).send(answer)).toEqual(result);
  });

  it.each([
    ['1', 'delivered'],
    ['2', 'undelivered'],
    ['9', 'rejected'],
    ['16', 'rejected'],
    ['17', 'rejected'],
    ['25', 'rejected'],
  ])('calls back with status %s (webhook v3)', async (status, meaning) => {
    const { route } = await msg91();
    const report = {
      date: '2024-05-22 09:58:16',
      number: '919002336768',
      senderId: 'EXSHOP',
      requestId: ID,
      credit: '1',
      status,
      desc: 'X',
    };
    const body = JSON.stringify(report);
    expect(await receipt(route, 'application/json', body)).toEqual({
      status: 200,
      receipts: [{ messageId: ID, status: meaning }],
    });
    expect((await receipt(route, 'application/json', body, 'another')).status).toBe(401);
  });
});

describe('the files as ISSUER_SMS_ROUTES', () => {
  const page = readFileSync(new URL('../docs/sms-providers.md', import.meta.url), 'utf8');

  it.each(['exotel', 'gupshup', 'msg91'])(
    '%s is a list of one route, and the page names its variables',
    async (name) => {
      const names = [...new Set([...textOf(name).matchAll(/\$\{(\w+)\}/g)].map(([, variable]) => variable!))];
      const variables = Object.fromEntries(names.map((variable) => [variable, 'a-value-of-the-account']));
      const settings = readRouteSettings((setting) => (setting === 'ISSUER_SMS_ROUTES' ? textOf(name) : undefined));
      const { routes } = await openRoutes(settings, { variables, onFault: () => {} });
      expect(routes.map((route) => route.name)).toEqual([name]);
      for (const variable of names) {
        expect(page).toContain(`\`${variable}\``);
        const { [variable]: __, ...others } = variables;
        await expect(openRoutes(settings, { variables: others, onFault: () => {} })).rejects.toThrow(variable);
      }
    },
  );

  it.each(['exotel', 'gupshup', 'msg91'])('the page names each code that %s tells apart', (name) => {
    const [{ refused: told }] = JSON.parse(textOf(name)) as [HttpSmsOptions];
    const { code: _, ...lists } = told!;
    for (const code of Object.values(lists).flat()) expect(page).toContain(`\`${code}\``);
  });
});
