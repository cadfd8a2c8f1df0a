import { signedHeaders } from '@verified-mobile/client';
import { describe, expect, it } from 'vitest';
import { memoryOtpStore, type OtpStore } from '@verified-mobile/issuer';
import { DEFAULT_LIMITS, DEFAULT_SENDS_PER_MOBILE_AND_DAY, halved } from '../src/domain/limits.ts';
import { verifyOtp } from '../src/domain/verify-otp.ts';
import { resolveOptions } from '../src/setup/resolve-options.ts';
import { createRuntime } from '../src/setup/runtime.ts';
import {
  aRequest,
  goodOptions,
  type IssuerUnderTest,
  issuerUnderTest,
  limitedIssuerUnderTest,
  MOBILE,
  OTP_URL,
  sendBody,
  SHOP,
  validateUrl,
  VERIFY_URL,
} from './support/issuer-under-test.ts';

describe('the odds of guessing, from the limits', () => {
  it('are at most 1 in 10,000 for a mobile and a day, even with every account of the issuer', () => {
    const { sendsPerDay, attemptsPerCode } = DEFAULT_LIMITS;
    const codes = 10 ** 6;
    expect((sendsPerDay * attemptsPerCode) / codes).toBeLessThanOrEqual(1e-4);
    expect((DEFAULT_SENDS_PER_MOBILE_AND_DAY * attemptsPerCode) / codes).toBeLessThanOrEqual(1e-4);
  });

  it('are ten times that with four digits, which is why an account must ask for them', () => {
    const { sendsPerDay, attemptsPerCode } = halved(DEFAULT_LIMITS);
    expect((sendsPerDay * attemptsPerCode) / 10 ** 4).toBeLessThanOrEqual(1e-3);
  });

  it.each<[string, (minute: number) => object]>([
    ['without a session', () => ({})],
    ['in a new session each time', (minute) => ({ session_id: `session-${minute}` })],
  ])('are what an attacker meets who sends and guesses all day, %s', async (_, sessionAt) => {
    const issuer = limitedIssuerUnderTest();
    for (let minute = 0; minute < 24 * 60; minute += 1) {
      const session = sessionAt(minute);
      await issuer.send(session);
      for (let guesses = 0; guesses < 7; guesses += 1) await issuer.verify({ otp: issuer.wrongCode(), ...session });
      issuer.clock.now += 60_000;
    }
    const compared = issuer.events.filter(({ reason }) => reason === 'wrong-code');
    expect(compared.length).toBeLessThanOrEqual(50);
    expect(issuer.sms.length).toBeLessThanOrEqual(10);
  });
});

describe('a flood of sends', () => {
  it('over 500 prefixes within 12 seconds is cut to what an account may send in a minute', async () => {
    const issuer = limitedIssuerUnderTest();
    for (let sends = 0; sends < 2000; sends += 1) {
      const mobile = String(6_000_000_000 + (sends % 500) * 1_000_000 + sends);
      await issuer.send({ mobile, csp_id: String(9_000_000_000 + (sends % 10)) });
      issuer.clock.now += 6;
    }
    expect(issuer.sms).toHaveLength(600);
  });

  it('that goes on costs at most 3,000 codes, then the account is slowed to one in a second', async () => {
    const issuer = limitedIssuerUnderTest({ quotas: { agent: { perMinute: 600 } } });
    // Begins with a slot of the conversion guard: nothing ends sooner than after five minutes.
    issuer.clock.now = Date.parse('2026-05-22T10:30:00Z');
    const flood = async (): Promise<number> => {
      const before = issuer.sms.length;
      for (let sends = 0; sends < 3750; sends += 1) {
        const mobile = String(6_000_000_000 + sends * 1_000_000 + (issuer.clock.now % 1_000_000));
        await issuer.send({ mobile });
        issuer.clock.now += 80;
      }
      return issuer.sms.length - before;
    };
    const [unseen, seen] = [await flood(), await flood()];
    expect(unseen).toBeGreaterThan(2500);
    expect(unseen).toBeLessThanOrEqual(3000);
    expect(seen).toBeLessThanOrEqual(300);
  });

  it('by one agent is cut to half of that', async () => {
    const issuer = limitedIssuerUnderTest();
    for (let sends = 0; sends < 1000; sends += 1)
      await issuer.send({ mobile: String(6_000_000_000 + sends * 1_000_000) });
    expect(issuer.sms).toHaveLength(300);
  });
});

describe('the address of the caller', () => {
  const account = { ...SHOP, allowedAddresses: ['203.0.113.0/24', '2001:db8::/32'] };

  it.each<[number, string | undefined, string | undefined, number]>([
    [0, undefined, '203.0.113.7', 200],
    [0, undefined, '198.51.100.7', 403],
    [0, '203.0.113.7', '198.51.100.7', 403],
    [0, undefined, '::ffff:203.0.113.7', 200],
    [0, undefined, '2001:db8::5', 200],
    [0, undefined, undefined, 403],
    [1, '203.0.113.7', '10.0.0.1', 200],
    [1, '203.0.113.7, 198.51.100.7', '10.0.0.1', 403],
    [1, '198.51.100.7, 203.0.113.7', '10.0.0.1', 200],
    [2, '203.0.113.7, 198.51.100.7', '10.0.0.1', 200],
    [2, '203.0.113.7, 198.51.100.7, 10.0.0.2', '10.0.0.1', 403],
    [2, '203.0.113.7', '10.0.0.1', 403],
    [1, 'not an address', '203.0.113.7', 403],
  ])('with %i proxies, X-Forwarded-For %j and connection %j: %i', async (trustedProxies, forwarded, remote, status) => {
    const issuer = issuerUnderTest({ accounts: [account], trustedProxies });
    const incoming = new Request(validateUrl('x', SHOP.initiatorId), { headers: signedHeadersOf(issuer) });
    if (forwarded !== undefined) incoming.headers.set('x-forwarded-for', forwarded);
    expect((await issuer.fetch(incoming, { remoteAddress: remote })).status).toBe(status);
    expect(issuer.events[0]?.reason).toBe(status === 403 ? 'address' : 'invalid');
  });
});

describe('the environment of a key', () => {
  it('is refused on the other one, in the words of the wire', async () => {
    const issuer = issuerUnderTest({ accounts: [{ ...SHOP, environment: 'sandbox' }] });
    const response = await issuer.request('POST', OTP_URL, sendBody());
    expect([response.status, await response.text()]).toEqual([
      403,
      '{"status":1,"response_status_id":1,"response_type_id":-1,"message":"Kindly use your production key."}',
    ]);
  });
});

describe('a node that is killed between counting and consuming', () => {
  it('costs one attempt, and the code still makes exactly one token', async () => {
    const shared = memoryOtpStore();
    const dying: OtpStore = { ...shared, consume: async () => new Promise(() => {}) };
    const issuer = issuerUnderTest({}, [shared, dying]);
    await issuer.nodes[0]!.fetch(request(issuer, 'POST', OTP_URL, sendBody()));
    void issuer.nodes[1]!.fetch(request(issuer, 'PUT', VERIFY_URL, verifyBody(issuer)));
    await new Promise(setImmediate);
    const answer = await issuer.nodes[0]!.fetch(request(issuer, 'PUT', VERIFY_URL, verifyBody(issuer)));
    expect(await answer.json()).toMatchObject({ status: 0 });
    expect(issuer.events.filter(({ kind }) => kind === 'token')).toHaveLength(1);
  });
});

describe('hostile bodies', () => {
  it.each<[string, string, number]>([
    ['1 MB', JSON.stringify({ mobile: 'x'.repeat(1024 * 1024) }), 413],
    ['8,000 arrays deep', '['.repeat(8000) + ']'.repeat(8000), 200],
    ['4,000 objects deep', `${'{"a":'.repeat(2600)}1${'}'.repeat(2600)}`, 200],
    ['a transaction 2,000 objects deep', `{"transaction":${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}}`, 200],
  ])('of %s are answered in the envelope', async (_, body, status) => {
    const issuer = issuerUnderTest();
    const headers = { ...signedHeadersOf(issuer), 'content-type': 'application/json' };
    const response = await issuer.fetch(new Request(OTP_URL, { method: 'POST', headers, body }));
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ status: 1 });
    expect(issuer.sms).toEqual([]);
  });
});

describe('the time that a refused verification takes', () => {
  it("is the same for a wrong, an expired, a used, a guessed-at, a waiting, an unknown and another session's code", async () => {
    const { elapsed, mobiles } = await timedRefusals({ countAttemptMs: 3 });
    expect(mobiles).toHaveLength(7);
    for (const mobile of mobiles) expect(await elapsed(mobile)).toBe(10);
  });

  it('is longer only if the store itself takes longer', async () => {
    const { elapsed, mobiles } = await timedRefusals({ countAttemptMs: 25 });
    expect(await elapsed(mobiles[0]!)).toBe(25);
  });
});

/** Verifies wrong codes on a timer that only the store and the waiting move: more with each attempt that is counted. */
async function timedRefusals({ countAttemptMs }: { countAttemptMs: number }) {
  const memory = memoryOtpStore();
  const issuer = issuerUnderTest({}, [memory]);
  const mobiles = await mobilesByReason(issuer);
  const passed = { ms: 0 };
  const store: OtpStore = {
    ...memory,
    async countAttempt(...attempt) {
      const decision = await memory.countAttempt(...attempt);
      passed.ms += decision.outcome === 'compare' ? countAttemptMs : 1;
      return decision;
    },
  };
  const options = resolveOptions({ ...goodOptions(), store, clock: () => issuer.clock.now, refusalTakesMs: 10 });
  const timer = { now: () => passed.ms, pause: async (ms: number): Promise<void> => void (passed.ms += ms) };
  const ports = { ...createRuntime(options).portsFor(aRequest()), timer };
  const { id: account, audience, initiatorId } = SHOP;
  const attempt = {
    account,
    audience,
    initiatorId,
    sessionId: undefined,
    code: '000001',
    limits: options.rules.limits,
  };
  const elapsed = async (mobile: string): Promise<number> => {
    const startedAt = passed.ms;
    expect(await verifyOtp({ ...attempt, mobile: `+91${mobile}` }, ports)).toEqual({ outcome: 'refused' });
    return passed.ms - startedAt;
  };
  return { elapsed, mobiles };
}

/** A mobile for each reason of a refusal; only the first one still has a code to compare with. */
async function mobilesByReason(issuer: IssuerUnderTest): Promise<string[]> {
  const wrong = async (mobile: string): Promise<string> => issuer.verifyText('000000', mobile);
  await issuer.send({ mobile: '9000000001' });
  const expired = '9000000001';
  issuer.clock.now += 300_000;
  await issuer.send({ mobile: '9000000002' });
  await issuer.verify({ mobile: '9000000002' });
  issuer.clock.now += 10_000;
  await issuer.send({ mobile: '9000000003' });
  for (let guesses = 0; guesses < 5; guesses += 1) await wrong('9000000003');
  for (let guesses = 0; guesses < 10; guesses += 1) {
    if (guesses % 5 === 0) await issuer.send({ mobile: '9000000004' });
    await wrong('9000000004');
  }
  await issuer.send({ mobile: '9000000006' });
  await issuer.send({ mobile: '9000000007', session_id: 'another' });
  return ['9000000006', expired, '9000000002', '9000000003', '9000000004', '9000000005', '9000000007'];
}

function verifyBody(issuer: IssuerUnderTest): object {
  return { initiator_id: SHOP.initiatorId, otp: issuer.newestCode(), mobile: MOBILE };
}

function request(issuer: IssuerUnderTest, method: string, url: string, body: object): Request {
  const headers = { ...signedHeadersOf(issuer), 'content-type': 'application/json' };
  return new Request(url, { method, headers, body: JSON.stringify(body) });
}

function signedHeadersOf(issuer: IssuerUnderTest): Record<string, string> {
  return signedHeaders({ developerKey: SHOP.developerKey, accessKey: 'shop-access-key-1' }, issuer.clock.now);
}
