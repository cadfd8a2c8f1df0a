/** One signature serves one request, once, for as long as its timestamp is accepted. */
import type { ConsumeResult, ReplayStore } from '@verified-mobile/core';
import { isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { expect, it } from 'vitest';
import { CONSUME_URL, OTP_URL, sendBody, SHOP, START } from './support/issuer-under-test.ts';
import { requestOf, signedMessage, strictIssuer } from './support/signed-messages.ts';

const REPEATED = 'This message signature was used before. Sign each request anew, with another secret-key-nonce.';
const UNVOUCHED =
  'This message signature may have been used before: it is older than what this server remembers. Sign the request anew.';
const LAST_MOMENT = 300_000;

type Issuer = Pick<ReturnType<typeof strictIssuer>, 'fetch'>;

async function answer({ fetch }: Issuer, now = START): Promise<[number, string]> {
  return answerTo(fetch, signedMessage('POST', OTP_URL, undefined, { now }));
}

async function answerTo(fetch: Issuer['fetch'], message: ReturnType<typeof signedMessage>): Promise<[number, string]> {
  const response = await fetch(requestOf(message));
  return [response.status, ((await response.json()) as { message: string }).message];
}

const storeThat = (consume: ReplayStore['consume']): ReplayStore => ({ scope: 'shared', consume });

it('a signature serves one of many that come at once', async () => {
  const issuer = strictIssuer();
  const message = signedMessage();
  const answers = await Promise.all(Array.from({ length: 20 }, async () => answerTo(issuer.fetch, message)));
  expect(answers.filter(([status]) => status === 200)).toHaveLength(1);
  expect(answers.filter(([, said]) => said === REPEATED)).toHaveLength(19);
  expect(issuer.sms).toHaveLength(1);
  expect(issuer.events.filter(({ reason }) => reason === 'repeated-signature')).toHaveLength(19);
  expect(issuer.events.find(({ reason }) => reason === 'repeated-signature')).toMatchObject({ account: 'shop' });
});

it('two calls in one millisecond are two', async () => {
  const issuer = strictIssuer();
  const body = JSON.stringify({ initiator_id: SHOP.initiatorId });
  const calls = [1, 2].map(async () => answerTo(issuer.fetch, signedMessage('POST', OTP_URL, body)));
  expect((await Promise.all(calls)).map(([status]) => status)).toEqual([200, 200]);
  expect(new Set(issuer.uses.map(({ operation }) => operation)).size).toBe(2);
});

it('a request that is refused for its fields has used its signature up', async () => {
  const issuer = strictIssuer();
  const message = signedMessage('POST', OTP_URL, '{}');
  expect((await answerTo(issuer.fetch, message))[0]).toBe(200);
  expect(await answerTo(issuer.fetch, message)).toEqual([403, REPEATED]);
});

it.each([-5_000, 0, LAST_MOMENT])('a signature that is %i ms old has its first use', async (age) => {
  expect((await answer(strictIssuer(), START - age))[0]).toBe(200);
});

it('a signature from more than 5 seconds ahead has none', async () => {
  const fault = "secret-key-timestamp is more than 5 seconds ahead of this server's time.";
  const issuer = strictIssuer();
  expect(await answer(issuer, START + 5_001)).toEqual([403, fault]);
  expect(issuer.uses).toEqual([]);
});

it('a signature is remembered until its timestamp is refused, from as far ahead as it may come', async () => {
  const issuer = strictIssuer();
  const message = signedMessage('POST', OTP_URL, undefined, { now: START + 5_000 });
  expect((await answerTo(issuer.fetch, message))[0]).toBe(200);
  for (const now of [START + 5_000, START + 5_000 + LAST_MOMENT]) {
    issuer.clock.now = now;
    expect(await answerTo(issuer.fetch, message)).toEqual([403, REPEATED]);
  }
  issuer.clock.now += 1;
  expect((await answerTo(issuer.fetch, message))[1]).toMatch(/^secret-key-timestamp is more than 300 seconds/);
});

it('a signature is remembered for longer than that by a store whose clock is ahead', async () => {
  const clock = { now: START };
  const replayStore = isolatedMemoryReplayStore({ clock: () => clock.now + 59_000 });
  const issuer = strictIssuer({ replayStore, clock: () => clock.now });
  const message = signedMessage();
  expect((await answerTo(issuer.fetch, message))[0]).toBe(200);
  clock.now += LAST_MOMENT;
  expect(await answerTo(issuer.fetch, message)).toEqual([403, REPEATED]);
});

it('a signature that may have been used before the store lost its memory is refused, and a later one is not', async () => {
  const replayStore = isolatedMemoryReplayStore({ clock: () => START + 1, vouchesFrom: START });
  const issuer = strictIssuer({ replayStore, clock: () => START + 1 });
  expect(await answer(issuer, START)).toEqual([403, UNVOUCHED]);
  // Dated 5 seconds ahead, it was acceptable a moment before the loss.
  expect(await answer(issuer, START + 4_999)).toEqual([403, UNVOUCHED]);
  expect(issuer.sms).toEqual([]);
  expect(issuer.events.at(-1)).toMatchObject({ kind: 'refusal', reason: 'unvouched-signature', account: 'shop' });
  expect((await answer(issuer, START + 5_000))[0]).toBe(200);
});

it('a signature that the store has bound to this very operation has been used, too', async () => {
  const issuer = strictIssuer({ replayStore: storeThat(async () => ({ outcome: 'same-operation' })) });
  expect(await answer(issuer)).toEqual([403, REPEATED]);
});

it.each<[string, ReplayStore['consume']]>([
  ['cannot be reached', async () => Promise.reject(new Error('redis at 10.0.0.7'))],
  ['answers with no outcome', async () => ({ outcome: 'OK' }) as unknown as ConsumeResult],
])('a store that %s is an outage, and nothing happens', async (_, consume) => {
  const faults: unknown[] = [];
  const issuer = strictIssuer({ replayStore: storeThat(consume), onFault: (fault) => void faults.push(fault) });
  expect(await answer(issuer)).toEqual([500, 'Internal error.']);
  expect(issuer.sms).toEqual([]);
  expect(faults).toMatchObject([{ during: 'request', error: { code: 'unavailable' } }]);
  expect(issuer.events.at(-1)).toMatchObject({ kind: 'refusal', reason: 'internal' });
});

it('signatures and tokens lie apart in one store', async () => {
  const issuer = strictIssuer();
  const call = async (method: string, url: string, body: object): Promise<Record<string, string>> => {
    const response = await issuer.fetch(requestOf(signedMessage(method, url, JSON.stringify(body))));
    return ((await response.json()) as { data: Record<string, string> }).data;
  };
  await call('POST', OTP_URL, sendBody());
  const { initiatorId } = SHOP;
  const mobile = sendBody()['mobile'];
  const verified = await call('PUT', `${OTP_URL}/verify`, {
    initiator_id: initiatorId,
    otp: issuer.newestCode(),
    mobile,
  });
  issuer.uses.length = 0;
  const { otp_verification_token } = verified;
  const consumed = await call('POST', CONSUME_URL, { initiator_id: initiatorId, otp_verification_token });
  const [signature, token] = issuer.uses;
  expect(issuer.uses).toHaveLength(2);
  expect(token?.id).toBe(consumed['proof_id']);
  expect(signature?.id).not.toBe(token?.id);
  for (const use of issuer.uses) expect(use).toMatchObject({ id: expect.stringMatching(/^[\w-]{22}$/) as string });
  expect(Buffer.byteLength(signature?.operation ?? '')).toBe(16);
});
