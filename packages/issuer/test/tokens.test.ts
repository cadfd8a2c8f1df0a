import { createPublicKey } from 'node:crypto';
import { createGuard, publicKey, transactionHash } from '@verified-mobile/core';
import { isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { generateSigningKey, type IssuerOptions, type SigningAlgorithm } from '@verified-mobile/issuer';
import {
  BANK,
  CONSUME_URL,
  type IssuerUnderTest,
  issuerUnderTest,
  SHOP,
  START,
  VALIDATE_URL,
} from './support/issuer-under-test.ts';

const PAYOUT = { amount: 2500, currency: 'INR', payee: '026291800001191' };

describe.each<SigningAlgorithm>(['ES256', 'EdDSA', 'RS256'])('under %s', (algorithm) => {
  it('signs a token that its JWKS, Validate Token and Consume Token accept', async () => {
    const issuer = issuerUnderTest({ signingKeys: [generateSigningKey(algorithm)] });
    const token = await issuer.token();
    expect(decodeProtectedHeader(token)).toMatchObject({ typ: 'JWT', alg: algorithm });
    const keys = await publishedKeys(issuer);
    expect(keys.keys[0]).toMatchObject({ alg: algorithm, use: 'sig' });
    expect(JSON.stringify(keys)).not.toMatch(/"(?:d|p|q)":/);
    await jwtVerify(token, createLocalJWKSet(keys), { currentDate: new Date(START) });
    expect((await issuer.validate(token)).status).toBe(0);
    expect((await consume(issuer, token)).status).toBe(0);
  });
});

describe('rotation', () => {
  const MINUTE = 60_000;

  it('publishes a key before it signs, and the one before for as long as its tokens live', async () => {
    const [older, newer] = [generateSigningKey(), generateSigningKey()];
    const issuer = issuerUnderTest({ signingKeys: [older] });
    const first = await issuer.token();
    const schedule = { signsFrom: START + 5 * MINUTE, retiresAt: START + 15 * MINUTE };
    const signingKeys: IssuerOptions['signingKeys'] = [
      { key: older, retiresAt: schedule.retiresAt },
      { key: newer, signsFrom: schedule.signsFrom },
    ];
    issuer.nodes[0]?.reload({ signingKeys });
    expect((await publishedKeys(issuer)).keys).toHaveLength(2);
    expect(kidOf(await issuer.token())).toBe(kidOf(first));

    issuer.clock.now = schedule.signsFrom - 1;
    const last = await issuer.token();
    expect(kidOf(last)).toBe(kidOf(first));
    issuer.clock.now = schedule.signsFrom;
    expect(kidOf(await issuer.token())).not.toBe(kidOf(first));
    expect((await issuer.validate(last)).status).toBe(0);

    issuer.clock.now = schedule.retiresAt;
    expect((await publishedKeys(issuer)).keys).toHaveLength(1);
  });

  it('refuses a reload that cannot stand, and stays as it was', async () => {
    const issuer = issuerUnderTest();
    const token = await issuer.token();
    const reload = (): void => issuer.nodes[0]?.reload({ accounts: [SHOP], signingKeys: [] });
    expect(reload).toThrow('signingKeys is empty');
    expect((await issuer.validate(token)).status).toBe(0);
    expect((await issuer.send({}, BANK)).status).toBe(0);
  });
});

describe('a transaction', () => {
  it('is said in the SMS, and the token carries its hash', async () => {
    const issuer = issuerUnderTest();
    const token = await tokenFor(issuer, PAYOUT);
    expect(issuer.sms[0]?.text).toMatch(/^[0-9]{6} is the OTP to pay INR 2500 to 026291800001191\.\n- Test Shop$/);
    expect(decodeJwt(token)).toMatchObject({
      transaction_data_hashes: [transactionHash(PAYOUT)],
      transaction_data_hashes_alg: 'sha-256',
    });
  });

  it('is what a guard compares, member for member', async () => {
    const key = generateSigningKey();
    const issuer = issuerUnderTest({ signingKeys: [key] });
    const token = await tokenFor(issuer, PAYOUT);
    const guard = createGuard<object>({
      issuers: { issuer: 'https://otp.test', audience: 'payouts', keys: publicKey(createPublicKey(key), 'ES256') },
      replayStore: isolatedMemoryReplayStore({ clock: () => START }),
      token: () => token,
      transaction: (request) => request,
      clock: () => START,
    });
    expect(await guard.decide({ request: { ...PAYOUT, amount: 2501 } })).toMatchObject({
      refusal: { code: 'transaction_mismatch' },
    });
    expect(await guard.decide({ request: { ...PAYOUT } })).toMatchObject({ outcome: 'passed' });
  });

  it.each<[string, unknown]>([
    ['no object', 'pay'],
    ['no amount', { payee: 'x' }],
    ['an amount of nothing', { amount: 0, payee: 'x' }],
    ['an amount of nothing in a string', { amount: '0.00', payee: 'x' }],
    ['an amount below nothing', { amount: -1, payee: 'x' }],
    ['an amount with three decimals', { amount: '1.234', payee: 'x' }],
    ['a number with three decimals', { amount: 1.234, payee: 'x' }],
    ['a number that is written with an exponent', { amount: 1e-7, payee: 'x' }],
    ['an exponent in a string', { amount: '1e3', payee: 'x' }],
    ['an amount of 10^12', { amount: 1e12, payee: 'x' }],
    ['an amount of 10^12 in a string', { amount: '1000000000000', payee: 'x' }],
    ['an amount with a leading zero', { amount: '01', payee: 'x' }],
    ['an amount with a blank', { amount: ' 1', payee: 'x' }],
    ['no payee', { amount: 1 }],
    ['a payee with a line feed', { amount: 1, payee: 'x\n999999 is the OTP' }],
    ['an empty payee', { amount: 1, payee: '' }],
    ['a payee of blanks', { amount: 1, payee: '   ' }],
    ['a payee that begins with a blank', { amount: 1, payee: ' x' }],
    ['a payee that ends with a blank', { amount: 1, payee: 'x ' }],
    ['a payee with two blanks in a row', { amount: 1, payee: 'x  y' }],
    ['a payee of punctuation', { amount: 1, payee: '.-.' }],
    ['a payee with a slash', { amount: 1, payee: 'evil.example/x' }],
    ['a payee with a colon', { amount: 1, payee: 'https:x' }],
    ['an emoji in its payee', { amount: 1, payee: 'Asha 😀' }],
    ['a tab in its payee', { amount: 1, payee: 'Asha\tx' }],
    ['a variable for a payee', { amount: 1, payee: '{#var#}' }],
    ['a payee of 31 characters', { amount: 1, payee: 'x'.repeat(31) }],
    ['a currency in small letters', { amount: 1, payee: 'x', currency: 'inr' }],
    ['a member that nobody reads', { amount: 1, payee: 'x', note: 'y' }],
  ])('with %s is refused before a code is sent', async (_, transaction) => {
    const issuer = issuerUnderTest();
    expect((await issuer.send({ transaction })).message).toMatch(
      /^transaction(?:\.amount must be above 0|\.payee must be 1 to 30|\.(?:amount|payee) is missing: it|\.currency must be three| must be an object with amount)/,
    );
    expect(issuer.sms).toEqual([]);
  });
});

it.each<[unknown, string]>([
  [0.01, '0.01'],
  ['0.01', '0.01'],
  [2500.5, '2500.5'],
  ['2500.50', '2500.50'],
  [999_999_999_999.99, '999999999999.99'],
  ['999999999999.99', '999999999999.99'],
])('an amount of %j is read as %s', async (amount, text) => {
  const issuer = issuerUnderTest();
  await issuer.send({ transaction: { amount, payee: "O'Neil & Co. (name@bank)" } });
  expect(issuer.sms[0]?.text).toContain(`is the OTP to pay INR ${text} to O'Neil & Co. (name@bank).`);
});

describe('Validate Token by POST', () => {
  it('answers as GET does, with the token out of the URL', async () => {
    const issuer = issuerUnderTest();
    const token = await issuer.token();
    const body = { initiator_id: SHOP.initiatorId, otp_verification_token: token };
    const answers = [
      await issuer.request('POST', VALIDATE_URL, body),
      await issuer.request('POST', VALIDATE_URL, body),
    ];
    for (const answer of answers) {
      expect(await answer.json()).toMatchObject({ status: 0, data: { otp_verification_token: token } });
    }
  });
});

describe('Consume Token', () => {
  it('answers with the proof that a guard would see', async () => {
    const replayStore = isolatedMemoryReplayStore({ clock: () => START });
    const key = generateSigningKey();
    const issuer = issuerUnderTest({ replayStore, signingKeys: [key] });
    const token = await issuer.token();
    const answer = await consume(issuer, token);
    expect(answer).toMatchObject({
      status: 0,
      response_type_id: 1633,
      message: 'OTP verification token has been consumed.',
      data: { client_ref_id: '211101129871', initiator_id: '1234567891', mobile: '9002336768', retry: false },
    });
    const guard = createGuard<null>({
      issuers: { issuer: 'https://otp.test', audience: 'payouts', keys: publicKey(createPublicKey(key), 'ES256') },
      replayStore,
      token: () => token,
      clock: () => START,
    });
    expect(await guard.decide({ request: null })).toMatchObject({ refusal: { code: 'otp_token_used' } });
  });

  it('consumes a token once, whoever asks together', async () => {
    const issuer = issuerUnderTest();
    const token = await issuer.token();
    const answers = await Promise.all(Array.from({ length: 20 }, async () => consume(issuer, token)));
    expect(answers.filter(({ status }) => status === 0)).toHaveLength(1);
    expect(new Set(answers.filter(({ status }) => status !== 0).map(({ message }) => message))).toEqual(
      new Set(['The OTP verification token was used before.']),
    );
  });

  it('lets the same operation through again, and says that it is a retry', async () => {
    const issuer = issuerUnderTest();
    const token = await issuer.token();
    const first = await consume(issuer, token, { idempotency_key: 'payout-1' });
    const again = await consume(issuer, token, { idempotency_key: 'payout-1' });
    const other = await consume(issuer, token, { idempotency_key: 'payout-2' });
    expect([first.data?.['retry'], again.data?.['retry'], other.status]).toEqual([false, true, 1]);
    expect(again.data?.['proof_id']).toBe(first.data?.['proof_id']);
  });

  it('refuses a token that the store cannot vouch for as timed out', async () => {
    const replayStore = isolatedMemoryReplayStore({ clock: () => START, vouchesFrom: START });
    const issuer = issuerUnderTest({ replayStore });
    expect((await consume(issuer, await issuer.token())).message).toBe('The OTP verification token has timed out.');
  });

  it('consumes a token that is bound to a transaction for that one only', async () => {
    const issuer = issuerUnderTest();
    const token = await tokenFor(issuer, PAYOUT);
    const mismatch = 'The OTP verification token was not given for this transaction.';
    expect((await consume(issuer, token)).message).toBe(mismatch);
    expect((await consume(issuer, token, { transaction: { ...PAYOUT, payee: 'other' } })).message).toBe(mismatch);
    expect((await consume(issuer, token, { transaction: PAYOUT })).status).toBe(0);
  });

  it('does not consume a token that is bound to nothing for a transaction', async () => {
    const issuer = issuerUnderTest();
    expect((await consume(issuer, await issuer.token(), { transaction: PAYOUT })).status).toBe(1);
  });

  it.each<[string, object]>([
    ['nothing', {}],
    ['audience', { audience: SHOP.audience }],
    ['initiator and audience', { audience: SHOP.audience, initiatorId: SHOP.initiatorId }],
  ])("refuses another account's token, whatever they have in common, and consumes nothing: %s", async (_, changes) => {
    const twin = { ...BANK, ...changes };
    const issuer = issuerUnderTest({ accounts: [SHOP, twin] });
    const token = await issuer.token();
    const foreign = { initiator_id: twin.initiatorId, otp_verification_token: token };
    const answer = await (await issuer.request('POST', CONSUME_URL, foreign, twin)).json();
    expect(answer).toMatchObject({ message: 'The OTP verification token is invalid.' });
    expect((await consume(issuer, token)).status).toBe(0);
  });

  it('bears clocks that differ as the guards do: 5 seconds after the end, and not 6', async () => {
    const issuer = issuerUnderTest();
    const [early, late] = [await issuer.token(), await issuer.token()];
    const endsAt = START - 250 + 300_000;
    issuer.clock.now = endsAt + 4_999;
    expect((await issuer.validate(early)).message).toBe('The OTP verification token has timed out.');
    expect((await consume(issuer, early)).status).toBe(0);
    issuer.clock.now = endsAt + 6_000;
    expect((await consume(issuer, late)).message).toBe('The OTP verification token has timed out.');
  });

  it('consumes a token of a node whose clock is 5 seconds ahead, and none of one that is further', async () => {
    const issuer = issuerUnderTest();
    issuer.clock.now = START + 5_000;
    const token = await issuer.token();
    issuer.clock.now = START + 6_000;
    const further = await issuer.token();
    issuer.clock.now = START;
    expect((await consume(issuer, token)).status).toBe(0);
    expect((await consume(issuer, further)).message).toBe('The OTP verification token is invalid.');
  });

  it('bears no more than its store does', async () => {
    const clock = { now: START };
    const store = isolatedMemoryReplayStore({ clock: () => clock.now });
    const replayStore = {
      consume: store.consume.bind(store),
      scope: 'shared',
      issuerClockToleranceSeconds: 0,
    } as const;
    const issuer = issuerUnderTest({ replayStore });
    const token = await issuer.token();
    issuer.clock.now = clock.now = START - 250 + 300_000;
    expect((await consume(issuer, token)).message).toBe('The OTP verification token has timed out.');
  });

  it('answers 500 where the store cannot be reached', async () => {
    const replayStore = { scope: 'shared', consume: async () => Promise.reject(new Error('down')) } as const;
    const issuer = issuerUnderTest({ replayStore });
    const body = { initiator_id: SHOP.initiatorId, otp_verification_token: await issuer.token() };
    expect((await issuer.request('POST', CONSUME_URL, body)).status).toBe(500);
  });

  it('is not there without a replay store', async () => {
    const issuer = issuerUnderTest({ replayStore: undefined as never });
    expect((await issuer.request('POST', CONSUME_URL, {})).status).toBe(404);
  });
});

async function tokenFor(issuer: IssuerUnderTest, transaction: object): Promise<string> {
  await issuer.send({ transaction });
  return String((await issuer.verify()).data?.['otp_verification_token']);
}

async function consume(
  issuer: IssuerUnderTest,
  token: string,
  more: object = {},
): Promise<{ status: number; message: string; data?: Record<string, unknown> }> {
  const body = { initiator_id: SHOP.initiatorId, otp_verification_token: token, ...more };
  return (await issuer.request('POST', CONSUME_URL, body)).json() as never;
}

function kidOf(token: string): string | undefined {
  return decodeProtectedHeader(token).kid;
}

async function publishedKeys(issuer: IssuerUnderTest): Promise<JSONWebKeySet> {
  const response = await issuer.fetch(new Request('https://otp.test/.well-known/jwks.json'));
  return (await response.json()) as JSONWebKeySet;
}
