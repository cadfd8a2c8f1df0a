import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { type Challenge, type ChallengeStore, memoryChallengeStore } from '@verified-mobile/issuer';
import { issuerUnderTest, START, VERIFY_URL } from './support/issuer-under-test.ts';

const REFUSAL =
  '{"status":1,"response_status_id":1,"response_type_id":1632,"message":"OTP verification failed.","data":{}}';

it('answers as documented, member for member', async () => {
  const issuer = issuerUnderTest();
  await issuer.send();
  const text = await issuer.verifyText(issuer.newestCode());
  const [, token] = /"otp_verification_token":"([^"]+)"/.exec(text) ?? [];
  const [, tid] = /"tid":"([1-9][0-9]{9})"/.exec(text) ?? [];
  expect(text).toBe(
    '{"status":0,"response_status_id":0,"response_type_id":1632,"message":"OTP verification successful.","data":{' +
      `"client_ref_id":"211101129871","otp_verification_token":"${token}","initiator_id":"1234567891",` +
      `"mobile":"9002336768","tid":"${tid}"}}`,
  );
});

it('answers wrong, expired, used, never sent, dead and foreign codes with the same bytes', async () => {
  const issuer = issuerUnderTest();
  const answers: string[] = [];

  answers.push(await issuer.verifyText('123456'));
  await issuer.send();
  answers.push(await issuer.verifyText(issuer.wrongCode()));
  answers.push(await issuer.verifyText(issuer.newestCode(), '9002336769'));
  await issuer.verify();
  answers.push(await issuer.verifyText(issuer.newestCode()));
  await issuer.send();
  issuer.clock.now += 300_000;
  answers.push(await issuer.verifyText(issuer.newestCode()));
  await issuer.send();
  for (let attempt = 0; attempt < 5; attempt += 1) await issuer.verifyText(issuer.wrongCode());
  answers.push(await issuer.verifyText(issuer.newestCode()));

  expect(answers).toEqual(Array.from({ length: 6 }, () => REFUSAL));
});

it('answers the refusals with the same status and headers', async () => {
  const issuer = issuerUnderTest();
  const body = { initiator_id: '1234567891', otp: '123456', mobile: '9002336768' };
  const neverSent = await issuer.request('PUT', VERIFY_URL, body);
  await issuer.send();
  const wrong = await issuer.request('PUT', VERIFY_URL, { ...body, otp: issuer.wrongCode() });
  expect(neverSent.status).toBe(200);
  expect([wrong.status, ...wrong.headers]).toEqual([neverSent.status, ...neverSent.headers]);
});

it('accepts a code aged 299.999 s', async () => {
  const issuer = issuerUnderTest();
  await issuer.send();
  issuer.clock.now = START + 299_999;
  expect((await issuer.verify()).status).toBe(0);
});

it('refuses a code aged 300 s', async () => {
  const issuer = issuerUnderTest();
  await issuer.send();
  issuer.clock.now = START + 300_000;
  expect((await issuer.verify()).status).toBe(1);
});

it('accepts the right code at the fifth attempt', async () => {
  const issuer = issuerUnderTest();
  await issuer.send();
  for (let attempt = 0; attempt < 4; attempt += 1) await issuer.verify({ otp: issuer.wrongCode() });
  expect((await issuer.verify()).status).toBe(0);
});

it('refuses the right code at the sixth attempt', async () => {
  const issuer = issuerUnderTest();
  await issuer.send();
  for (let attempt = 0; attempt < 5; attempt += 1) await issuer.verify({ otp: issuer.wrongCode() });
  expect((await issuer.verify()).status).toBe(1);
});

it('accepts a code once', async () => {
  const issuer = issuerUnderTest();
  await issuer.send();
  expect([(await issuer.verify()).status, (await issuer.verify()).status]).toEqual([0, 1]);
});

it('does not count an attempt that cannot be a code', async () => {
  const issuer = issuerUnderTest();
  await issuer.send();
  for (let attempt = 0; attempt < 10; attempt += 1) await issuer.verify({ otp: '1234' });
  expect((await issuer.verify()).status).toBe(0);
});

for (const [storage, slowly] of [
  ['in memory', false],
  ['across a network', true],
] as const) {
  const newStore = (): ChallengeStore => (slowly ? takingTurns(memoryChallengeStore()) : memoryChallengeStore());

  it(`makes one token from 50 parallel right answers (storage ${storage})`, async () => {
    const issuer = issuerUnderTest({ challengeStore: newStore() });
    await issuer.send();
    const answers = await Promise.all(Array.from({ length: 50 }, async () => issuer.verify()));
    expect(answers.filter(({ status }) => status === 0)).toHaveLength(1);
  });

  it(`compares exactly 5 of 50 parallel wrong guesses, and then not even the right code (storage ${storage})`, async () => {
    const compared: (Challenge | undefined)[] = [];
    const store = newStore();
    const countAttempt: ChallengeStore['countAttempt'] = async (key, now) => {
      const challenge = await store.countAttempt(key, now);
      compared.push(challenge);
      return challenge;
    };
    const issuer = issuerUnderTest({ challengeStore: { ...store, countAttempt } });
    await issuer.send();
    await Promise.all(Array.from({ length: 50 }, async () => issuer.verify({ otp: issuer.wrongCode() })));
    expect(compared).toHaveLength(50);
    expect(compared.filter((challenge) => challenge !== undefined)).toHaveLength(5);
    expect((await issuer.verify()).status).toBe(1);
  });
}

it('gives no token for a code that a newer send replaced while it was compared', async () => {
  const store = memoryChallengeStore();
  const resendBeforeConsume: ChallengeStore = {
    ...store,
    consume: async (key, challengeId, now) => {
      await issuer.send();
      return store.consume(key, challengeId, now);
    },
  };
  const issuer = issuerUnderTest({ challengeStore: resendBeforeConsume });
  await issuer.send();
  expect((await issuer.verify()).status).toBe(1);
});

/** As a store across a network: other requests get their turn before and after each verb. */
function takingTurns(store: ChallengeStore): ChallengeStore {
  return {
    replace: async (challenge, now) => inTurn(async () => store.replace(challenge, now)),
    countAttempt: async (key, now) => inTurn(async () => store.countAttempt(key, now)),
    consume: async (key, challengeId, now) => inTurn(async () => store.consume(key, challengeId, now)),
  };
}

async function inTurn<Result>(verb: () => Promise<Result>): Promise<Result> {
  await setImmediate();
  const result = await verb();
  await setImmediate();
  return result;
}
