import { createSign, generateKeyPairSync } from 'node:crypto';
import {
  type Authenticity,
  publicKey,
  type TokenKeys,
  type TrustedIssuer,
  validateToken,
  VerifiedMobileError,
} from '@verified-mobile/core';
import { createTestIssuer, type TestAlgorithm } from '@verified-mobile/core/testing';
import { describe, expect, it } from 'vitest';
import { guardBench, NOW } from './support.ts';

const SECOND = NOW / 1000;

describe('a token', () => {
  it.each<TestAlgorithm>(['ES256', 'RS256', 'EdDSA', 'HS256'])('signed with %s passes', async (algorithm) => {
    const { present, issuer } = guardBench({}, { algorithm });
    expect(await present(issuer.mint())).toBe('passed');
  });

  it('may be 4096 characters long, and no longer', async () => {
    const { present, issuer } = guardBench();
    const tokenOfLength = (length: number): string => {
      // Three bytes become four characters; the claim grows until the length fits or passes the mark.
      let padding = length - issuer.mint().length;
      let token = issuer.mint({ claims: { padding: 'x'.repeat(Math.floor((padding * 3) / 4) - 15) } });
      for (padding = Math.floor((padding * 3) / 4) - 15; token.length < length; padding += 1) {
        token = issuer.mint({ claims: { padding: 'x'.repeat(padding) } });
      }
      return token;
    };
    expect(tokenOfLength(4096)).toHaveLength(4096);
    expect(await present(tokenOfLength(4096))).toBe('passed');
    expect(await present(tokenOfLength(4097))).toBe('otp_token_invalid');
  });

  it('is validated without being used up', async () => {
    const { issuer, clock } = guardBench();
    const token = issuer.mint({ claims: { jti: 'one' } });
    for (const _ of [1, 2]) {
      const verdict = await validateToken(token, issuer.trusted, { clock });
      expect(verdict).toMatchObject({ outcome: 'valid', token: { tokenId: 'one', mobile: '+919002336768' } });
    }
    expect(await validateToken(`${token}x`, issuer.trusted, { clock })).toEqual({
      outcome: 'refused',
      code: 'otp_token_invalid',
    });
  });
});

describe('keys that could not be reached', () => {
  const failure = new Error('connection lost');
  const lost = async () => Promise.reject(failure);
  const trusting = (authenticate: TokenKeys['authenticate']): TrustedIssuer => ({
    issuer: 'https://otp.test',
    audience: 'payouts',
    keys: { accepts: () => true, authenticate },
  });

  it.each<[string, TokenKeys['authenticate']]>([
    ['reject', lost],
    [
      'throw',
      () => {
        throw failure;
      },
    ],
  ])('and %s are an outage with what they threw, and never an invalid token', async (_what, authenticate) => {
    const { present, issuer, clock, events } = guardBench({ issuers: trusting(authenticate) });
    expect(await present(issuer.mint())).toBe('guard_unavailable');
    expect(events[0]).toMatchObject({ code: 'guard_unavailable', reason: 'keys-unavailable' });
    expect(events[0]?.error).toBe(failure);
    const validation = validateToken(issuer.mint(), trusting(authenticate), { clock });
    await expect(validation).rejects.toMatchObject({ code: 'unavailable', cause: failure });
    await expect(validation).rejects.toBeInstanceOf(VerifiedMobileError);
  });

  it('are not blamed for a clock of the application that throws', async () => {
    const { guard, issuer } = guardBench();
    const broken = guardBench({
      issuers: issuer.trusted,
      clock: () => {
        throw failure;
      },
    });
    await expect(broken.present(issuer.mint())).rejects.toBe(failure);
    expect(await guard.decide({ request: {}, header: () => issuer.mint() })).toMatchObject({ outcome: 'passed' });
  });

  it.each([true, undefined, null, {}, { outcome: 'valid' }])('and answer %j have not vouched', async (answer) => {
    const { present, issuer } = guardBench({ issuers: trusting(() => answer as Authenticity) });
    expect(await present(issuer.mint())).toBe('otp_token_invalid');
  });
});

describe('dates', () => {
  const aged = async (seconds: number, options = {}): Promise<string> => {
    const { present, issuer, time } = guardBench(options);
    const token = issuer.mint();
    time.now = NOW + seconds * 1000;
    return present(token);
  };

  it('accepts up to the end and the tolerance, to the millisecond', async () => {
    expect(await aged(304.999)).toBe('passed');
    expect(await aged(305)).toBe('otp_token_expired');
  });

  it('takes a tolerance of 0 for 0', async () => {
    expect(await aged(299.999, { clockToleranceSeconds: 0 })).toBe('passed');
    expect(await aged(300, { clockToleranceSeconds: 0 })).toBe('otp_token_expired');
  });

  it('accepts up to maxAgeSeconds where that is shorter than the token lives', async () => {
    const options = { maxAgeSeconds: 60, clockToleranceSeconds: 0 };
    expect(await aged(60, options)).toBe('passed');
    expect(await aged(60.001, options)).toBe('otp_token_expired');
  });

  it('accepts a token issued 5 s ahead of this clock, and no further', async () => {
    expect(await aged(-5)).toBe('passed');
    expect(await aged(-5.001)).toBe('otp_token_invalid');
  });

  it.each([
    ['a life of 300 s', { exp: SECOND + 300 }, 'passed'],
    ['a life of 301 s', { exp: SECOND + 301 }, 'otp_token_invalid'],
    ['a life of a year', { exp: SECOND + 31_536_000 }, 'otp_token_invalid'],
    ['no life at all', { exp: SECOND, iat: SECOND }, 'otp_token_invalid'],
    ['no exp', { exp: undefined }, 'otp_token_invalid'],
    ['no iat', { iat: undefined }, 'otp_token_invalid'],
    ['exp as text', { exp: String(SECOND + 300) }, 'otp_token_invalid'],
    ['nbf reached', { nbf: SECOND + 5 }, 'passed'],
    ['nbf not reached', { nbf: SECOND + 6 }, 'otp_token_invalid'],
    ['nbf as text', { nbf: 'now' }, 'otp_token_invalid'],
  ])('with %s', async (_what, claims, outcome) => {
    const { present, issuer } = guardBench();
    expect(await present(issuer.mint({ claims }))).toBe(outcome);
  });

  it.each(['1e400', '-1e400'])('refuses exp %s, which JSON reads as an infinity', async (exp) => {
    const { present, issuer } = guardBench();
    const payload = `{"iss":"${issuer.issuer}","aud":"payouts","iat":${SECOND},"exp":${exp},"jti":"a","mobile":"9002336768"}`;
    expect(await present(issuer.signRaw('{"alg":"ES256"}', payload))).not.toBe('passed');
  });
});

describe('claims', () => {
  it.each([
    ['a token id of 256 characters', { jti: 'x'.repeat(256) }, 'passed'],
    ['a token id of 257 characters', { jti: 'x'.repeat(257) }, 'otp_token_invalid'],
    ['an empty token id', { jti: '' }, 'otp_token_invalid'],
    ['a number for a token id', { jti: 5 }, 'otp_token_invalid'],
    ['no token id', { jti: undefined }, 'otp_token_invalid'],
    ['half a surrogate pair in the token id', { jti: '\ud800' }, 'otp_token_invalid'],
    ['another spelling of the mobile', { mobile: '+91 90023 36768' }, 'passed'],
    ['a number for a mobile', { mobile: 9002336768 }, 'otp_token_invalid'],
    ['mobile null', { mobile: null }, 'otp_token_invalid'],
    ['Unicode digits for a mobile', { mobile: '९००२३३६७६८' }, 'otp_token_invalid'],
    ['the audience in a list', { aud: ['loans', 'payouts'] }, 'passed'],
    ['an audience that only begins like ours', { aud: 'payouts2' }, 'otp_token_invalid'],
    ['an empty list of audiences', { aud: [] }, 'otp_token_invalid'],
    ['no audience', { aud: undefined }, 'otp_token_invalid'],
    ['no issuer', { iss: undefined }, 'otp_token_invalid'],
    ['transaction hashes that are no list', { transaction_data_hashes: 'x' }, 'otp_token_invalid'],
    ['an empty list of transaction hashes', { transaction_data_hashes: [] }, 'otp_token_invalid'],
  ])('with %s', async (_what, claims, outcome) => {
    const { present, issuer } = guardBench();
    expect(await present(issuer.mint({ claims }))).toBe(outcome);
  });

  it('are read under the names that the issuer uses', async () => {
    const { trusted, mint } = createTestIssuer({ clock: () => NOW });
    const { present } = guardBench({ issuers: { ...trusted, claims: { mobile: 'phone_number', tokenId: 'tid' } } });
    expect(await present(mint({ claims: { phone_number: '9002336768', tid: 'a' } }))).toBe('passed');
    expect(await present(mint())).toBe('otp_token_invalid');
  });

  it('are never what an object inherits', async () => {
    const { trusted, mint } = createTestIssuer({ clock: () => NOW });
    const { present } = guardBench({ issuers: { ...trusted, claims: { tokenId: 'constructor' } } });
    expect(await present(mint())).toBe('otp_token_invalid');
  });

  it('may go unchecked only where null is written', async () => {
    const { trusted, mint } = createTestIssuer({ clock: () => NOW });
    const { present } = guardBench({ issuers: { ...trusted, issuer: null, audience: null } });
    expect(await present(mint({ claims: { iss: 'https://anyone.test', aud: undefined } }))).toBe('passed');
  });
});

describe('several issuers', () => {
  it('are each held to their own keys and audience', async () => {
    const clock = (): number => NOW;
    const ours = createTestIssuer({ clock, issuer: 'https://ours.test' });
    const theirs = createTestIssuer({ clock, issuer: 'https://theirs.test', audience: 'payouts-eu' });
    const { present } = guardBench({ issuers: [ours.trusted, theirs.trusted] });
    expect(await present(ours.mint())).toBe('passed');
    expect(await present(theirs.mint())).toBe('passed');
    expect(await present(theirs.mint({ claims: { iss: 'https://ours.test' } }))).toBe('otp_token_invalid');
    expect(await present(theirs.mint({ claims: { aud: 'payouts' } }))).toBe('otp_token_invalid');
  });

  it('may give the same token id without using up one another', async () => {
    const clock = (): number => NOW;
    const ours = createTestIssuer({ clock, issuer: 'https://ours.test' });
    const theirs = createTestIssuer({ clock, issuer: 'https://theirs.test' });
    const { present } = guardBench({ issuers: [ours.trusted, theirs.trusted] });
    expect(await present(ours.mint({ claims: { jti: 'one' } }))).toBe('passed');
    expect(await present(theirs.mint({ claims: { jti: 'one' } }))).toBe('passed');
    expect(await present(ours.mint({ claims: { jti: 'one' } }))).toBe('otp_token_used');
  });
});

describe('the algorithm', () => {
  it('never comes from the token: a public key is no HMAC secret', async () => {
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const { present } = guardBench({
      issuers: { issuer: 'https://otp.test', audience: 'payouts', keys: publicKey(pem, 'RS256') },
    });
    const { mint } = createTestIssuer({ algorithm: 'HS256', clock: () => NOW });
    expect(await present(mint())).toBe('otp_token_invalid');
    const good = createTestIssuer({ clock: () => NOW }).mint({ header: { alg: 'RS256' } });
    const input = good.split('.').slice(0, 2).join('.');
    const signature = createSign('sha256').update(input).sign(pair.privateKey, 'base64url');
    expect(await present(`${input}.${signature}`)).toBe('passed');
  });

  it.each(['none', 'None', 'NONE', 'nOnE', 'es256', '', 5, null, undefined])('%s is refused', async (alg) => {
    const { present, issuer } = guardBench();
    expect(await present(issuer.mint({ header: { alg } }))).toBe('otp_token_invalid');
  });

  it.each([{ crit: ['exp'] }, { crit: [] }, { b64: false }, { crit: ['b64'], b64: true }])(
    'with header %j is refused',
    async (header) => {
      const { present, issuer } = guardBench();
      expect(await present(issuer.mint({ header }))).toBe('otp_token_invalid');
    },
  );
});

describe('shape', () => {
  it('has one spelling: no padding, no white space, no stray bits', async () => {
    const { present, issuer } = guardBench();
    const token = issuer.mint();
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const lastCharacters = [...alphabet].map((character) => token.slice(0, -1) + character);
    for (const spelling of [
      ...lastCharacters,
      `${token}=`,
      `${token}\n`,
      ` ${token}`,
      `${token.slice(0, -3)} ${token.slice(-3)}`,
    ]) {
      expect(spelling === token || (await present(spelling))).toBe(spelling === token || 'otp_token_invalid');
    }
    expect(await present(token)).toBe('passed');
  });

  it.each(['', '.', '..', 'a', 'a.b', 'a.b.c.d', 'a.b.c.d.e', 'e30.e30.', 'e30.W10.AA', 'e30.bnVsbA.AA', 'e30.gA.AA'])(
    '%j is refused',
    async (text) => {
      const { present } = guardBench();
      expect(await present(text)).toBe(text === '' ? 'otp_token_missing' : 'otp_token_invalid');
    },
  );

  it('refuses the twin signature of a token it has seen, as used', async () => {
    const { present, issuer } = guardBench();
    const token = issuer.mint();
    expect(await present(token)).toBe('passed');
    expect(await present(withTwinSignature(token))).toBe('otp_token_used');
  });
});

/** ECDSA accepts (r, n - s) wherever it accepts (r, s). */
function withTwinSignature(token: string): string {
  const [header, payload, signature] = token.split('.');
  const bytes = Buffer.from(signature!, 'base64url');
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const s = BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const twin = Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex');
  return `${header}.${payload}.${Buffer.concat([bytes.subarray(0, 32), twin]).toString('base64url')}`;
}
