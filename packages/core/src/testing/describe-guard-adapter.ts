import assert from 'node:assert/strict';
import type { GuardOptions } from '../guard/options.ts';
import { refusalTable } from '../guard/refusals.ts';
import type { RefusalCode } from '../guard/refusal-codes.ts';
import type { Proof } from '../guard/proof.ts';
import type { AdapterUnderTest, TestAnswer, TestRequest, TestRunner } from './adapter-under-test.ts';
import { isolatedMemoryReplayStore } from './isolated-store.ts';
import { createTestIssuer } from './test-issuer.ts';

const NOW = Date.UTC(2026, 4, 22, 10, 34, 4);
const PREFLIGHT = { origin: 'https://desk.test', 'access-control-request-method': 'POST' };
const PAYOUT = { amount: 2500, currency: 'INR', account: '026291800001191', ifsc: 'YESB0000262' };

/** The suite that every adapter passes: the same requests have the same outcome, to the byte, in every framework. */
export function describeGuardAdapter<Request>(runner: TestRunner, adapter: AdapterUnderTest<Request>): void {
  runner.describe(`${adapter.name}: the guard's contract`, () => {
    describeFirstUse(runner, adapter);
    describeRefusals(runner, adapter);
    describeFramework(runner, adapter);
  });
}

/** One service, the issuer it trusts, and a count of the requests that reached its handler. */
function bench<Request>(adapter: AdapterUnderTest<Request>, options: GuardOptions<Request> = {}) {
  const clock = { now: NOW };
  const issuer = createTestIssuer({ clock: () => clock.now });
  const handled: Proof[] = [];
  const send = adapter.createService(
    {
      issuers: issuer.trusted,
      replayStore: isolatedMemoryReplayStore({ clock: () => clock.now }),
      clock: () => clock.now,
      ...options,
    },
    (getProof) => {
      const proof = getProof();
      handled.push(proof);
      return proof;
    },
  );
  const pay = async (headers: TestRequest['headers'], body: unknown = PAYOUT): Promise<TestAnswer> =>
    send({ method: 'POST', path: '/payouts', headers, body });
  return {
    clock,
    issuer,
    handled,
    send,
    pay,
    present: async (token: string) => pay({ 'otp-verification-token': token }),
  };
}

function assertRefused(answer: TestAnswer, code: RefusalCode): void {
  const { status, headers, body } = refusalTable(300)[code];
  assert.equal(answer.body, body);
  assert.equal(answer.status, status);
  for (const [name, value] of Object.entries(headers)) assert.equal(answer.headers[name.toLowerCase()], value);
}

function describeFirstUse<Request>({ it }: TestRunner, adapter: AdapterUnderTest<Request>): void {
  it('passes a fresh token and gives the handler what it proves', async () => {
    const { present, issuer } = bench(adapter);
    const answer = await present(issuer.mint({ claims: { jti: 'one' } }));
    assert.equal(answer.status, 201);
    const { mobile, tokenId, retry } = JSON.parse(answer.body) as Proof;
    assert.deepEqual({ mobile, tokenId, retry }, { mobile: '+919002336768', tokenId: 'one', retry: false });
  });

  it('passes a token in the body field, where a parser has read the body', async () => {
    const { pay, issuer } = bench(adapter);
    assert.equal((await pay({}, { ...PAYOUT, otp_verification_token: issuer.mint() })).status, 201);
  });

  it('gives exactly one of many simultaneous uses of one token', async () => {
    const { present, issuer, handled } = bench(adapter);
    const token = issuer.mint();
    const answers = await Promise.all(Array.from({ length: 20 }, async () => present(token)));
    assert.equal(answers.filter(({ status }) => status === 201).length, 1);
    for (const answer of answers.filter(({ status }) => status !== 201)) assertRefused(answer, 'otp_token_used');
    assert.equal(handled.length, 1);
  });

  it('passes the same operation again as a retry, and no other operation', async () => {
    const { pay, issuer, handled } = bench(adapter, {
      idempotencyKey: (request) => adapter.headerOf(request, 'idempotency-key'),
    });
    const token = issuer.mint();
    const withKey = { 'otp-verification-token': token, 'idempotency-key': 'payout-1' };
    assert.equal((await pay(withKey)).status, 201);
    assert.equal((await pay(withKey)).status, 201);
    assertRefused(await pay({ ...withKey, 'idempotency-key': 'payout-2' }), 'otp_token_used');
    assertRefused(await pay({ 'otp-verification-token': token }), 'otp_token_used');
    assert.deepEqual(
      handled.map(({ retry }) => retry),
      [false, true],
    );
  });
}

function describeRefusals<Request>({ it }: TestRunner, adapter: AdapterUnderTest<Request>): void {
  it('refuses a request without a token', async () => {
    const { pay, handled } = bench(adapter);
    assertRefused(await pay({}), 'otp_token_missing');
    assert.equal(handled.length, 0);
  });

  it('refuses two different tokens, and takes one that is sent twice', async () => {
    const { pay, issuer } = bench(adapter);
    const [one, other] = [issuer.mint(), issuer.mint()];
    const body = { ...PAYOUT, otp_verification_token: one };
    assertRefused(await pay({ 'otp-verification-token': other }, body), 'otp_token_ambiguous');
    assertRefused(await pay({ 'otp-verification-token': `${one}, ${other}` }), 'otp_token_ambiguous');
    assert.equal((await pay({ 'otp-verification-token': one }, body)).status, 201);
  });

  it('refuses two lines of the header that holds the token, also where the framework shows the first line alone', async () => {
    for (const header of ['otp-verification-token', 'authorization', 'from']) {
      const { pay, issuer, handled } = bench(adapter, { token: { header } });
      const [one, other] = [issuer.mint(), issuer.mint()];
      assertRefused(await pay({ [header]: [one, other] }), 'otp_token_ambiguous');
      assert.equal(handled.length, 0);
      assert.equal((await pay({ [header]: one })).status, 201, 'no refusal may burn the real id');
    }
  });

  it('refuses a second use', async () => {
    const { present, issuer, handled } = bench(adapter);
    const token = issuer.mint();
    assert.equal((await present(token)).status, 201);
    assertRefused(await present(token), 'otp_token_used');
    assert.equal(handled.length, 1);
  });

  it('refuses another key, another audience, another issuer and what is not a token, all with one answer', async () => {
    const { present, issuer, handled } = bench(adapter);
    const stranger = createTestIssuer({ clock: () => NOW });
    const good = issuer.mint();
    const [header, payload, signature] = good.split('.');
    for (const hostile of [
      stranger.mint(),
      issuer.mint({ claims: { aud: 'loans' } }),
      issuer.mint({ claims: { iss: 'https://elsewhere.test' } }),
      issuer.mint({ claims: { mobile: null } }),
      issuer.mint({ header: { alg: 'none' } }),
      `${header}.${payload}.`,
      `${good}.${payload}.${signature}`,
      'not a token',
    ]) {
      assertRefused(await present(hostile), 'otp_token_invalid');
    }
    assert.equal(handled.length, 0);
    assert.equal((await present(good)).status, 201, 'no refusal may burn the real id');
  });

  it('refuses an expired token: 300 s old passes, 306 s old does not', async () => {
    const { present, issuer, clock } = bench(adapter);
    const [early, late] = [issuer.mint(), issuer.mint()];
    clock.now = NOW + 300_000;
    assert.equal((await present(early)).status, 201);
    clock.now = NOW + 306_000;
    assertRefused(await present(late), 'otp_token_expired');
  });

  it('refuses the proof of another mobile, and where no mobile is expected', async () => {
    const expected = { mobile: '9876543210' as string | undefined };
    const { present, issuer } = bench(adapter, { expectMobile: () => expected.mobile });
    const token = issuer.mint();
    assertRefused(await present(token), 'mobile_mismatch');
    expected.mobile = undefined;
    assertRefused(await present(token), 'mobile_mismatch');
    expected.mobile = '+91 90023 36768';
    assert.equal((await present(token)).status, 201, 'no refusal may burn the real id');
  });

  it('refuses a token that was given for a transaction nobody compares', async () => {
    const { present, issuer } = bench(adapter);
    assertRefused(await present(issuer.mint({ claims: { transaction_data_hashes: ['x'] } })), 'transaction_mismatch');
  });

  it('answers 503 while the store cannot say, and passes nothing', async () => {
    const { present, issuer, handled } = bench(adapter, {
      replayStore: { scope: 'shared', consume: async () => Promise.reject(new Error('connection lost')) },
    });
    assertRefused(await present(issuer.mint()), 'guard_unavailable');
    assert.equal(handled.length, 0);
  });
}

function describeFramework<Request>({ it }: TestRunner, adapter: AdapterUnderTest<Request>): void {
  it("leaves what the application's own functions throw to the framework, and consumes nothing", async () => {
    const lookUp = { mobile: (): string => assert.fail('no such customer') };
    const { present, issuer } = bench(adapter, { expectMobile: () => lookUp.mobile() });
    const token = issuer.mint();
    assert.equal((await present(token)).status, 500);
    lookUp.mobile = () => '9002336768';
    assert.equal((await present(token)).status, 201);
  });

  it('gives no proof to a handler that no guard stands before', async () => {
    const { send, issuer, handled } = bench(adapter);
    const headers = { 'otp-verification-token': issuer.mint() };
    assert.equal((await send({ method: 'POST', path: '/unguarded', headers, body: PAYOUT })).status, 500);
    assert.equal(handled.length, 0);
  });

  it('refuses a CORS preflight, with a payout in its body and without: it proves nothing', async () => {
    const { send } = bench(adapter);
    for (const body of [undefined, PAYOUT]) {
      assertRefused(await send({ method: 'OPTIONS', path: '/payouts', headers: PREFLIGHT, body }), 'otp_token_missing');
    }
  });

  it('refuses a POST that calls itself a preflight', async () => {
    const { pay, handled } = bench(adapter);
    for (const name of ['x-http-method-override', 'x-http-method', 'x-method-override']) {
      assertRefused(await pay({ ...PREFLIGHT, [name]: 'OPTIONS' }), 'otp_token_missing');
    }
    assert.equal(handled.length, 0);
  });

  it('refuses a HEAD request with the headers of the refusal and no body', async () => {
    const { send } = bench(adapter);
    const answer = await send({ method: 'HEAD', path: '/payouts', headers: {} });
    assert.equal(answer.status, 401);
    assert.equal(answer.body, '');
    assert.equal(answer.headers['www-authenticate'], refusalTable(300).otp_token_missing.headers['WWW-Authenticate']);
  });

  it('guards only where `when` says so, and guards where it throws', async () => {
    const needed = { answer: (): boolean => false };
    const { send } = bench(adapter, { when: () => needed.answer() });
    const get = async (): Promise<TestAnswer> => send({ method: 'GET', path: '/payouts', headers: {} });
    assert.equal((await get()).status, 200);
    needed.answer = () => assert.fail('no such threshold');
    assertRefused(await get(), 'otp_token_missing');
  });
}
