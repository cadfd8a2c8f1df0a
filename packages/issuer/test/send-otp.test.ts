import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { OtpStore, SmsResult, SmsTransport } from '@verified-mobile/issuer';
import { IssuerError, memoryOtpStore } from '@verified-mobile/issuer';
import { codeMacFor } from '../src/domain/challenge.ts';
import { generateCode } from '../src/domain/otp-code.ts';
import { sendOtp } from '../src/domain/send-otp.ts';
import { resolveOptions } from '../src/setup/resolve-options.ts';
import { createRuntime } from '../src/setup/runtime.ts';
import {
  aRequest,
  BANK,
  goodOptions,
  issuerUnderTest,
  limitedIssuerUnderTest,
  MOBILE,
  OTP_URL,
  sendBody,
  SHOP,
  START,
} from './support/issuer-under-test.ts';

it('answers as documented, member for member', async () => {
  const issuer = issuerUnderTest();
  const response = await issuer.request('POST', OTP_URL, sendBody());
  const text = await response.text();
  const tid = /"tid":"([1-9][0-9]{9})"/.exec(text)?.[1];
  expect(response.status).toBe(200);
  expect(text).toBe(
    '{"status":0,"response_status_id":0,"response_type_id":1623,"message":"OTP has been sent","data":{' +
      '"client_ref_id":"211101129871","initiator_id":"1234567891",' +
      `"otp_expiry_timestamp":"Fri May 22 16:04:04 IST 2026","tid":"${tid}"}}`,
  );
});

it('gives each answer its own tid', async () => {
  const issuer = issuerUnderTest();
  const tids = [await issuer.send(), await issuer.verify(), await issuer.send()].map((answer) => answer.data?.['tid']);
  expect(new Set(tids).size).toBe(3);
});

it('sends the registered text, signed as each account says', async () => {
  const issuer = issuerUnderTest();
  await issuer.send();
  await issuer.send({}, BANK);
  expect(issuer.sms.map(({ to }) => to)).toEqual(['+919002336768', '+919002336768']);
  expect(issuer.sms[0]?.text).toMatch(/^[0-9]{6} is the OTP to verify your mobile number\.\n- Test Shop$/);
  expect(issuer.sms[1]?.text).toMatch(/^[0-9]{6} is the OTP to verify your mobile number\.\n- Test Bank$/);
});

it('keeps the leading zeros of a code, and verifies it', async () => {
  const issuer = issuerUnderTest();
  // One code in ten begins with a zero: 400 without one happen once in 10^18 runs.
  for (let sends = 0; sends < 400 && !issuer.newestCode().startsWith('0'); sends += 1) await issuer.send();
  expect(issuer.newestCode()).toMatch(/^0[0-9]{5}$/);
  expect((await issuer.verify()).status).toBe(0);
});

it('generates a client_ref_id of 12 digits when the caller gives none, and the token says the same', async () => {
  const issuer = issuerUnderTest();
  const sent = await issuer.send({ client_ref_id: undefined });
  expect(sent.data?.['client_ref_id']).toMatch(/^[0-9]{12}$/);
  expect((await issuer.verify()).data?.['client_ref_id']).toBe(sent.data?.['client_ref_id']);
});

it('takes every spelling of a mobile for the same mobile', async () => {
  const issuer = issuerUnderTest();
  await issuer.send({ mobile: '+91 90023 36768' });
  const verified = await issuer.verify({ mobile: '09002336768' });
  expect(issuer.sms[0]?.to).toBe('+919002336768');
  expect(verified.data?.['mobile']).toBe(MOBILE);
});

it('refuses one account the code of another, though pepper and mobile are the same', async () => {
  const issuer = issuerUnderTest();
  await issuer.send();
  expect((await issuer.verify({}, BANK)).status).toBe(1);
});

it('stores the same code differently under another pepper, mobile, account, send or transaction', () => {
  const changes = [
    {},
    { pepper: 'other' },
    { mobile: '+919002336769' },
    { account: 'bank' },
    { id: 'b' },
    { transactionHash: 'x' },
  ];
  expect(new Set(changes.map(codeMac)).size).toBe(6);
});

it('cannot be made to store two subjects alike by moving a character from one part to the next', () => {
  expect(codeMac({ mobile: '+9190', id: '0a' })).not.toBe(codeMac({ mobile: '+91900', id: 'a' }));
});

it('is not disturbed when the caller wipes its own copy of the pepper', async () => {
  const pepper = Buffer.alloc(32, 'pepper');
  const issuer = issuerUnderTest({ peppers: [pepper] });
  await issuer.send();
  pepper.fill(0);
  expect((await issuer.verify()).status).toBe(0);
});

it('answers a failure when the SMS is not accepted, and reports it', async () => {
  const faults: unknown[] = [];
  const refused = new Error('provider says no: 123456');
  const sendSms = async (): Promise<never> => Promise.reject(refused);
  const issuer = issuerUnderTest({ sendSms, onFault: (fault) => void faults.push(fault) });
  const response = await issuer.request('POST', OTP_URL, sendBody());
  expect(await response.text()).toBe(
    '{"status":1,"response_status_id":1,"response_type_id":1623,"message":"OTP could not be sent. Please try again.","data":{}}',
  );
  expect(faults).toEqual([{ during: 'send-sms', error: refused }]);
});

it('tells the transport all that a provider and its receipts may need', async () => {
  const issuer = issuerUnderTest();
  await issuer.send();
  await issuer.send({ transaction: { amount: 2500, payee: 'Asha' } }, BANK);
  expect(issuer.sms).toMatchObject([
    {
      to: '+919002336768',
      account: 'shop',
      purpose: 'mobile-verification',
      template: '{#var#} is the OTP to verify your mobile number.\n- Test Shop',
      expiresAt: START + 300_000,
    },
    {
      account: 'bank',
      purpose: 'transaction-approval',
      template: '{#var#} is the OTP to pay {#var#} {#var#} to {#var#}.\n- Test Bank',
    },
  ]);
  const sends = issuer.events.filter(({ kind }) => kind === 'send');
  const [first, second] = issuer.sms.map(({ challengeId }) => challengeId);
  expect(sends.map(({ outcome, challengeId }) => [outcome, challengeId])).toEqual([
    ['intended', first],
    ['accepted', first],
    ['intended', second],
    ['accepted', second],
  ]);
});

it.each([
  ['633', 'The provider refused the SMS (message, code 633).'],
  ['text 123456', 'The provider refused the SMS (message).'],
])('takes a refusal that is an answer for one, with its code %j only if it is one', async (operatorCode, message) => {
  const faults: unknown[] = [];
  const sendSms: SmsTransport = async () => ({ outcome: 'refused', reason: 'message', operatorCode });
  const issuer = issuerUnderTest({ sendSms, onFault: ({ error }) => void faults.push(error) });
  expect((await issuer.send()).message).toBe('OTP could not be sent. Please try again.');
  expect(faults).toEqual([new IssuerError('sms_refused', message)]);
});

describe('what the transport answers', () => {
  it.each<[string, SmsTransport, object]>([
    ['accepted', async () => ({ outcome: 'accepted', messageId: 'sms-1' }), { messageId: 'sms-1' }],
    ['unknown', async () => ({ outcome: 'unknown' }), { reason: 'sms-unknown' }],
    ['nothing', async () => undefined as never, { reason: 'sms-unknown' }],
  ])('%s counts as sent, and the event says which', async (_, sendSms, said) => {
    const issuer = issuerUnderTest({ sendSms });
    expect((await issuer.send()).status).toBe(0);
    expect(issuer.events.at(-1)).toMatchObject({ kind: 'send', outcome: 'accepted', ...said });
  });

  it.each([5, '', 'x'.repeat(129), 'two words', 'a\nline'])('drops the message id %j', async (messageId) => {
    const issuer = issuerUnderTest({ sendSms: async () => ({ outcome: 'accepted', messageId: messageId as string }) });
    expect((await issuer.send()).status).toBe(0);
    expect(issuer.events.at(-1)).not.toHaveProperty('messageId');
  });

  it.each<[string, (signal: AbortSignal) => Promise<never>]>([
    ['hangs', async () => new Promise(() => {})],
    [
      'rejects when it is told to stop',
      async (signal) => once(signal, 'abort').then(() => signal.throwIfAborted() as never),
    ],
  ])('is unknown if it %s, and the code holds', async (_, handOver) => {
    let sent = '';
    const issuer = issuerUnderTest({
      smsTimeoutMs: 20,
      sendSms: async ({ text }, { signal }) => {
        sent = text;
        return handOver(signal);
      },
    });
    expect((await issuer.send()).status).toBe(0);
    expect(issuer.events.at(-1)).toMatchObject({ outcome: 'accepted', reason: 'sms-unknown' });
    expect((await issuer.verify({ otp: sent.slice(0, 6) })).status).toBe(0);
  });

  it('aborts the signal after the time-out, and not before', async () => {
    const signals: AbortSignal[] = [];
    const hang = issuerUnderTest({ smsTimeoutMs: 20, sendSms: async (_, { signal }) => hangOn(signals, signal) });
    const quick = issuerUnderTest({ sendSms: async (_, { signal }) => acceptOn(signals, signal) });
    await hang.send();
    await quick.send();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  });
});

async function hangOn(signals: AbortSignal[], signal: AbortSignal): Promise<never> {
  signals.push(signal);
  return new Promise(() => {});
}

async function acceptOn(signals: AbortSignal[], signal: AbortSignal): Promise<SmsResult> {
  signals.push(signal);
  return { outcome: 'accepted' };
}

it('says of a send whose node was killed that it has not ended, and when its reference is free again', async () => {
  let elapsedMs = 0;
  const memory = memoryOtpStore();
  const slowly: OtpStore['reserveSend'] = async (...given) => {
    elapsedMs += 1_000;
    return memory.reserveSend(...given);
  };
  const slow = { ...memory, reserveSend: slowly };
  const options = resolveOptions({ ...goodOptions(), store: slow, clock: () => START + 10_000 });
  const timer = { now: () => elapsedMs, pause: async (ms: number): Promise<void> => void (elapsedMs += ms) };
  const ports = { ...createRuntime(options).portsFor(aRequest()), timer };
  const { sendsPerMobileAndDay, conversionGuard, accountConversionGuard } = options;
  const { limits, quotas } = options.inForce.accounts.get(SHOP.developerKey)!;
  const common = { sendsPerMobileAndDay, openSendsPerMobileAndDay: 10, conversionGuard, accountConversionGuard };
  const rules = { ...common, language: undefined, codeDigits: 6, limits, quotas } as const;
  const request = {
    ...rules,
    account: SHOP.id,
    mobile: '+919002336768',
    cspId: MOBILE,
    clientRefId: 'payout-1',
    sessionId: undefined,
  };
  const killed = { ...ports, clock: () => START, sendCode: async () => new Promise<never>(() => {}) };
  void sendOtp({ ...request, transaction: undefined }, killed);
  await new Promise(setImmediate);
  expect(await sendOtp({ ...request, transaction: undefined }, ports)).toEqual({
    outcome: 'under-way',
    retryAfterMs: 50_000,
  });
  // A second for the first send, five of patience, and one that an answer may take beyond it.
  expect(elapsedMs).toBeLessThan(7_000);
});

it('sends four digits where an account asks for them, with every limit halved', async () => {
  const issuer = limitedIssuerUnderTest({ accounts: [{ ...SHOP, codeDigits: 4 }] });
  await issuer.send();
  expect(issuer.newestCode()).toMatch(/^[0-9]{4}$/);
  for (let guesses = 0; guesses < 2; guesses += 1) await issuer.verify({ otp: issuer.wrongCode() });
  expect((await issuer.verify()).status).toBe(1);
  issuer.clock.now += 30_000;
  await issuer.send();
  expect((await issuer.verify()).status).toBe(0);
  issuer.clock.now += 120_000;
  expect((await issuer.send()).status).toBe(1);
});

it('draws codes that are uniform', async () => {
  // 20,000 leading digits: chi-squared with 9 degrees of freedom exceeds 40 once in 100,000 runs.
  const counts = Array.from({ length: 10 }, () => 0);
  for (let codes = 0; codes < 20_000; codes += 1) counts[Number(generateCode(6)[0])]! += 1;
  const chiSquared = counts.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
  expect(chiSquared).toBeLessThan(40);
});

interface MacParts {
  pepper?: string;
  account?: string;
  mobile?: string;
  id?: string;
  transactionHash?: string;
}

function codeMac(changes: MacParts): string {
  const { pepper = 'pepper', account = SHOP.id, mobile = '+919002336768', id = 'a', transactionHash = '' } = changes;
  return codeMacFor(Buffer.alloc(32, pepper), { account, mobile }, { id, transactionHash }, '042317');
}
