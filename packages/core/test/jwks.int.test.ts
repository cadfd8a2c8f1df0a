import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jwks, type JwksOptions } from '@verified-mobile/core';
import { createTestIssuer, type TestIssuer } from '@verified-mobile/core/testing';
import { freePort } from '@verified-mobile/test-support/free-port';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { guardBench, NOW } from './support.ts';

let server: Server;
let url: string;
let fetches: number;
let answer: (response: ServerResponse) => void;

beforeAll(async () => {
  server = createServer((_request, response) => {
    fetches += 1;
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => (fetches = 0));

const publish = (...keys: object[]): void => {
  answer = (response) => response.end(JSON.stringify({ keys }));
};

function bench(options: JwksOptions = {}) {
  const time = { now: NOW };
  const clock = (): number => time.now;
  const issuers = [1, 2].map(() => createTestIssuer({ clock })) as [TestIssuer, TestIssuer];
  // Room for a machine that is busy: what is tested is what happens, not how fast.
  const keys = jwks(url, { clock, timeoutMs: 30_000, ...options });
  const trusted = { issuer: 'https://otp.test', audience: 'payouts', keys };
  const { present, guard, events } = guardBench({ issuers: trusted }, {}, time);
  const retryAfter = async (token: string): Promise<string | undefined> => {
    const verdict = await guard.decide({ request: {}, header: () => token });
    return verdict.outcome === 'refused' ? verdict.refusal.headers['Retry-After'] : undefined;
  };
  return { time, issuers, present, retryAfter, guard, events };
}

describe('a key set', () => {
  it('is fetched once, when the first token comes', async () => {
    const { issuers, present } = bench();
    publish(issuers[0].jwk);
    const tokens = Array.from({ length: 20 }, () => issuers[0].mint());
    const outcomes = await Promise.all(tokens.map(async (token) => present(token)));
    expect(new Set(outcomes)).toEqual(new Set(['passed']));
    expect(fetches).toBe(1);
  });

  it('is fetched again for an unknown kid, once in a cool-down', async () => {
    const { issuers, present, time } = bench({ cooldownSeconds: 30 });
    publish(issuers[0].jwk);
    expect(await present(issuers[0].mint())).toBe('passed');
    publish(issuers[0].jwk, issuers[1].jwk);
    const early = issuers[1].mint({ claims: { iat: NOW / 1000 - 6 } });
    time.now += 29_999;
    expect(await present(early)).toBe('otp_token_invalid');
    expect(fetches).toBe(1);
    time.now += 1;
    expect(await present(issuers[1].mint())).toBe('passed');
    expect(await present(issuers[1].mint({ header: { kid: 'never' } }))).toBe('otp_token_invalid');
    expect(fetches).toBe(2);
  });

  it('is fetched again when it is old, so that a withdrawn key ends', async () => {
    const { issuers, present, time } = bench({ maxAgeSeconds: 600 });
    publish(issuers[0].jwk, issuers[1].jwk);
    expect(await present(issuers[0].mint())).toBe('passed');
    publish(issuers[1].jwk);
    time.now += 600_000;
    expect(await present(issuers[0].mint())).toBe('passed');
    time.now += 1;
    expect(await present(issuers[0].mint())).toBe('otp_token_invalid');
  });

  it('serves on for a bounded time when it cannot be fetched', async () => {
    const { issuers, present, time } = bench({ maxAgeSeconds: 600, staleSeconds: 3600 });
    publish(issuers[0].jwk);
    expect(await present(issuers[0].mint())).toBe('passed');
    answer = (response) => response.writeHead(503).end();
    time.now += 4_200_000;
    const told: unknown[] = [];
    const listener = (event: unknown): void => void told.push(event);
    subscribe('verified-mobile:jwks', listener);
    expect(await present(issuers[0].mint())).toBe('passed');
    unsubscribe('verified-mobile:jwks', listener);
    expect(told).toMatchObject([{ url, ok: false, olderSetInUse: true }]);
    time.now += 1;
    expect(await present(issuers[0].mint())).toBe('guard_unavailable');
  });

  it('is asked for after 1, 2, 4, 8 and 16 s while its issuer is down, then once in a cool-down, and says so', async () => {
    const { issuers, retryAfter, time } = bench({ cooldownSeconds: 30 });
    answer = (response) => response.writeHead(500).end();
    const waits = [1, 2, 4, 8, 16, 30, 30];
    for (const [failures, wait] of waits.entries()) {
      expect(await retryAfter(issuers[0].mint())).toBe(String(wait));
      time.now += wait * 1000 - 1;
      expect(await retryAfter(issuers[0].mint())).toBe('1');
      expect(fetches).toBe(failures + 1);
      time.now += 1;
    }
  });

  it('is asked for soon again after a failure that follows a success', async () => {
    const { issuers, present, retryAfter, time } = bench();
    answer = (response) => response.writeHead(500).end();
    for (const wait of [1_000, 2_000, 4_000]) {
      await present(issuers[0].mint());
      time.now += wait;
    }
    publish(issuers[0].jwk);
    expect(await present(issuers[0].mint())).toBe('passed');
    answer = (response) => response.writeHead(500).end();
    time.now += 30_000;
    expect(await retryAfter(issuers[1].mint())).toBe('1');
  });

  it('whose host does not answer is left alone from the end of the fetch on', async () => {
    const { issuers, present, time } = bench({ timeoutMs: 1_500 });
    answer = () => (time.now += 3_000);
    expect(await present(issuers[0].mint())).toBe('guard_unavailable');
    time.now += 999;
    await present(issuers[0].mint());
    expect(fetches).toBe(1);
    time.now += 1;
    await present(issuers[0].mint());
    expect(fetches).toBe(2);
  });

  it('leaves an unknown kid undecided after a failed fetch: it may be the newest key', async () => {
    const { issuers, present, time } = bench();
    publish(issuers[0].jwk);
    await present(issuers[0].mint());
    answer = (response) => response.writeHead(500).end();
    time.now += 30_000;
    expect(await present(issuers[1].mint())).toBe('guard_unavailable');
    expect(await present(issuers[0].mint())).toBe('passed');
  });
});

describe('ready()', () => {
  it('fetches the set once, so that the first token finds it', async () => {
    const { guard, issuers, present } = bench();
    publish(issuers[0].jwk);
    await Promise.all([guard.ready(), guard.ready()]);
    await guard.ready();
    expect(fetches).toBe(1);
    expect(await present(issuers[0].mint())).toBe('passed');
    expect(fetches).toBe(1);
  });

  it('tries until the issuer is up', async () => {
    const { guard, issuers } = bench({ startTimeoutMs: 600_000 });
    answer = (response) => {
      if (fetches === 2) publish(issuers[0].jwk);
      response.writeHead(503).end();
    };
    await guard.ready();
    expect(fetches).toBe(3);
  });

  it.each<[string, (response: ServerResponse) => void, JwksOptions, string]>([
    ['a wrong URL', (response) => response.writeHead(404).end(), {}, 'answered with HTTP 404'],
    ['a page', (response) => response.end('<html>'), {}, 'answered with something that is not JSON'],
    ['a silent host', () => undefined, { timeoutMs: 20 }, 'The operation was aborted due to timeout'],
  ])(
    'fails on %s when its time is over, names the URL and says what to check',
    async (_what, send, options, reason) => {
      const { guard } = bench({ startTimeoutMs: 1, timeoutMs: 30_000, ...options });
      answer = send;
      await expect(guard.ready()).rejects.toMatchObject({
        code: 'unavailable',
        message: `The key set at ${url} could not be fetched within 1 ms (${reason}). Check the URL given to jwks(), or VERIFIED_MOBILE_JWKS_URL, from this machine. If this very process serves it, listen before you await ready().`,
      });
    },
  );

  it('fails on a port that nothing listens on', async () => {
    const dead = `http://127.0.0.1:${await freePort()}/jwks.json`;
    const keys = jwks(dead, { startTimeoutMs: 1 });
    const { guard } = guardBench({ issuers: { issuer: 'https://otp.test', audience: 'payouts', keys } });
    await expect(guard.ready()).rejects.toThrow(
      `The key set at ${dead} could not be fetched within 1 ms (ECONNREFUSED).`,
    );
  });

  it.each<[string, object[], JwksOptions, string]>([
    ['no key', [], {}, 'It has no usable key for RS256, '],
    ['no key that may verify', [{ kty: 'RSA', use: 'enc' }], {}, 'It has no usable key for RS256, '],
    ['no key of the algorithm', [createTestIssuer().jwk], { algorithms: ['RS256'] }, 'It has no usable key for RS256.'],
    ['a secret', [createTestIssuer({ algorithm: 'HS256' }).jwk], {}, 'It publishes a symmetric key.'],
  ])('fails at once on a set with %s', async (_what, set, options, message) => {
    const { guard } = bench({ startTimeoutMs: 600_000, ...options });
    publish(...set);
    await expect(guard.ready()).rejects.toMatchObject({
      code: 'invalid_configuration',
      message: expect.stringContaining(`The key set at ${url} cannot be used. ${message}`) as string,
    });
    expect(fetches).toBe(1);
  });

  it('that failed does not keep the requests that come in spite of it waiting for long', async () => {
    const { guard, issuers, retryAfter } = bench({ startTimeoutMs: 1 });
    answer = (response) => response.writeHead(503).end();
    for (const _ of [1, 2, 3]) await expect(guard.ready()).rejects.toThrow('answered with HTTP 503');
    expect(await retryAfter(issuers[0].mint())).toBe('1');
  });
});

describe('what is no key set is an outage, never an invalid token', () => {
  const { jwk } = createTestIssuer();
  const secret = createTestIssuer({ algorithm: 'HS256' }).jwk;
  it.each<[string, (response: ServerResponse) => void]>([
    ['HTML', (response) => response.end('<html>Sign in</html>')],
    ['nothing', (response) => response.end()],
    ['no keys', (response) => response.end('{"keys":[]}')],
    ['a list', (response) => response.end('[]')],
    ['a redirect', (response) => response.writeHead(302, { location: '/elsewhere' }).end()],
    ['10 MB', (response) => response.end(`{"keys":[],"padding":"${'x'.repeat(10_000_000)}"}`)],
    ['a cut connection', (response) => response.destroy()],
    ['no answer in time', () => undefined],
    ['a body that never ends', (response) => response.writeHead(200).write('{"keys":')],
    ['a secret among public keys', (response) => response.end(JSON.stringify({ keys: [jwk, secret] }))],
    ['one kid twice', (response) => response.end(JSON.stringify({ keys: [jwk, jwk] }))],
  ])('%s', async (_what, send) => {
    const { issuers, present, events } = bench({ timeoutMs: 500 });
    answer = send;
    expect(await present(issuers[0].mint())).toBe('guard_unavailable');
    expect(events[0]).toMatchObject({ reason: 'keys-unavailable', error: { code: 'unavailable' } });
  });
});

describe('a key in a set is passed over', () => {
  it.each([
    ['that is for encryption', { use: 'enc' }],
    ['whose operations leave out verify', { key_ops: ['encrypt'] }],
    ['that is for another algorithm', { alg: 'ES384' }],
  ])('%s', async (_what, members) => {
    const { issuers, present } = bench();
    publish({ ...issuers[0].jwk, ...members }, issuers[1].jwk);
    expect(await present(issuers[0].mint())).toBe('otp_token_invalid');
    expect(await present(issuers[1].mint())).toBe('passed');
  });
});

describe('a token of a key newer than the last fetch', () => {
  const rotated = async (options: JwksOptions = {}) => {
    const parts = bench({ cooldownSeconds: 30, ...options });
    publish(parts.issuers[0].jwk);
    expect(await parts.present(parts.issuers[0].mint())).toBe('passed');
    publish(...parts.issuers.map(({ jwk }) => jwk));
    return parts;
  };

  it('is undecided, not invalid, until the next fetch, and decided then', async () => {
    const { issuers, present, retryAfter, time, events } = await rotated();
    time.now += 10_000;
    expect(await retryAfter(issuers[1].mint())).toBe('20');
    const [genuine, forged] = [issuers[1].mint(), issuers[1].mint({ header: { kid: 'never' } })];
    for (const token of [genuine, forged]) expect(await present(token)).toBe('guard_unavailable');
    expect(events.at(-1)).toMatchObject({ reason: 'keys-unavailable', error: { code: 'unavailable' } });
    expect(fetches).toBe(1);
    time.now += 20_000;
    expect(await present(genuine)).toBe('passed');
    expect(await present(forged)).toBe('otp_token_invalid');
    expect(fetches).toBe(2);
  });

  it('may be dated up to 5 s before the fetch, by a clock that is behind, and no earlier', async () => {
    const { issuers, present, time } = await rotated();
    const dated = (iat: number): string => issuers[1].mint({ claims: { iat } });
    time.now += 1;
    expect(await present(dated(NOW / 1000 - 5))).toBe('guard_unavailable');
    expect(await present(dated(NOW / 1000 - 6))).toBe('otp_token_invalid');
  });

  it('is decided by the fetch that it caused, although its date lies ahead', async () => {
    const { issuers, present } = bench();
    publish(issuers[0].jwk);
    const ahead = issuers[1].mint({ claims: { iat: NOW / 1000 + 4, exp: NOW / 1000 + 300 } });
    expect(await present(ahead)).toBe('otp_token_invalid');
    expect(await present(ahead)).toBe('otp_token_invalid');
  });

  it('that no date speaks for is invalid', async () => {
    const { issuers, present, time } = await rotated();
    time.now += 10_000;
    expect(await present(issuers[1].mint({ claims: { iat: 'now' } }))).toBe('otp_token_invalid');
  });

  it('costs others nothing: a flood of made-up ones brings one fetch in a cool-down, and known keys go on', async () => {
    const { issuers, present, time } = await rotated();
    for (let second = 1; second < 60; second += 1) {
      time.now += 1_000;
      const made = ['a', 'b'].map((kid) => issuers[1].mint({ header: { kid: `${kid}${second}` } }));
      const outcomes = await Promise.all([...made, issuers[0].mint()].map(async (token) => present(token)));
      expect(outcomes[2]).toBe('passed');
    }
    expect(fetches).toBe(2);
  });
});

describe('a token without kid', () => {
  const withoutKid = { header: { kid: undefined } };
  const nameless = ({ jwk }: TestIssuer): object => ({ ...jwk, kid: undefined });

  it('is tried with every key of its algorithm, so that keys may overlap', async () => {
    const { issuers, present } = bench();
    publish(createTestIssuer({ algorithm: 'RS256' }).jwk, ...issuers.map(({ jwk }) => jwk));
    for (const issuer of issuers) expect(await present(issuer.mint(withoutKid))).toBe('passed');
    expect(await present(createTestIssuer({ clock: () => NOW }).mint(withoutKid))).toBe('otp_token_invalid');
  });

  it('passes with several keys that have no kid either', async () => {
    const { issuers, present } = bench();
    publish(...issuers.map(nameless));
    for (const issuer of issuers) expect(await present(issuer.mint(withoutKid))).toBe('passed');
    expect(await present(issuers[0].mint())).toBe('otp_token_invalid');
  });

  it('is tried with five keys and no more', async () => {
    const { present } = bench();
    const issuers = Array.from({ length: 6 }, () => createTestIssuer({ clock: () => NOW }));
    publish(...issuers.map(nameless));
    const outcomes = [];
    for (const issuer of issuers) outcomes.push(await present(issuer.mint(withoutKid)));
    expect(outcomes).toEqual([...Array<string>(5).fill('passed'), 'otp_token_invalid']);
  });

  it('of a key newer than the last fetch is undecided until the next one', async () => {
    const { issuers, present, time } = bench();
    publish(nameless(issuers[0]));
    expect(await present(issuers[0].mint(withoutKid))).toBe('passed');
    publish(...issuers.map(nameless));
    time.now += 10_000;
    const token = issuers[1].mint(withoutKid);
    expect(await present(token)).toBe('guard_unavailable');
    time.now += 20_000;
    expect(await present(token)).toBe('passed');
    expect(fetches).toBe(2);
  });
});

it.each([
  ['a path', '../../etc/passwd'],
  ['__proto__', '__proto__'],
  ['constructor', 'constructor'],
  ['2,000 characters', 'x'.repeat(2_000)],
  ['a number', 5],
  ['null', null],
  ['an object', {}],
])('a token whose kid is %s is invalid', async (_what, kid) => {
  const { issuers, present } = bench();
  publish(issuers[0].jwk);
  expect(await present(issuers[0].mint({ header: { kid } }))).toBe('otp_token_invalid');
});
