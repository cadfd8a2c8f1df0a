import {
  checkPrimeSync,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jwks, publicKey, VerifiedMobileError } from '@verified-mobile/core';
import { createTestIssuer } from '@verified-mobile/core/testing';
import { describe, expect, it } from 'vitest';
import { guardBench, NOW } from './support.ts';

const randomBelow = (limit: bigint): bigint => BigInt(`0x${randomBytes(160).toString('hex')}`) % limit;

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let [square, rest] = [base % modulus, exponent]; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

/** The product of the first 126 primes, as RSALib used it for keys of 1984 to 3968 bits. */
function primorial(): bigint {
  const primes: number[] = [];
  for (let n = 2; primes.length < 126; n += 1) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return primes.reduce((product, prime) => product * BigInt(prime), 1n);
}

/** A prime of 1024 bits as RSALib made them: k * M + (65537^a mod M). */
function vulnerablePrime(): bigint {
  const m = primorial();
  const smallest = 3n << 1022n;
  for (;;) {
    const remainder = power(65_537n, randomBelow(m), m);
    const k = smallest / m + 1n + randomBelow((1n << 1022n) / m - 2n);
    const candidate = k * m + remainder;
    if (checkPrimeSync(candidate)) return candidate;
  }
}

function toBase64url(value: bigint): string {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url');
}

function rsaKey(modulus: bigint): KeyObject {
  return createPublicKey({ key: { kty: 'RSA', n: toBase64url(modulus), e: 'AQAB' }, format: 'jwk' });
}

/** The private key of two primes, as one that has factored the modulus makes it. */
function privateKeyOf(p: bigint, q: bigint): KeyObject {
  const order = (p - 1n) * (q - 1n);
  const d = inverse(65_537n, order);
  const numbers = { n: p * q, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) };
  const members = Object.entries(numbers).map(([name, number]) => [name, toBase64url(number)]);
  const key = { kty: 'RSA', e: 'AQAB', ...Object.fromEntries(members) };
  return createPrivateKey({ key, format: 'jwk' });
}

/** Extended Euclid. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [value % modulus, modulus, 1n, 0n];
  while (b > 0n) [a, b, x, y] = [b, a % b, y, x - (a / b) * y];
  return ((x % modulus) + modulus) % modulus;
}

describe('an RSA key that can be factored from its public half (ROCA)', () => {
  const [p, q] = [vulnerablePrime(), vulnerablePrime()];
  const vulnerable = rsaKey(p * q);

  it('is refused when the keys are built', () => {
    expect(vulnerable.asymmetricKeyDetails).toMatchObject({ modulusLength: 2048, publicExponent: 65_537n });
    const build = (): unknown => publicKey(vulnerable, 'RS256');
    expect(build).toThrow(VerifiedMobileError);
    expect(build).toThrow('can be factored (ROCA, CVE-2017-15361)');
  });

  it('is passed over in a key set, so that what it signs is invalid', async () => {
    const issuer = createTestIssuer({ clock: () => NOW });
    const keys = [{ ...vulnerable.export({ format: 'jwk' }), kid: 'vulnerable' }, issuer.jwk];
    const server = createServer((_request, response) => response.end(JSON.stringify({ keys })));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const { present } = guardBench({ issuers: { ...issuer.trusted, keys: jwks(url) } });
    expect(await present(issuer.mint())).toBe('passed');
    const [signedText] = issuer.mint({ header: { kid: 'vulnerable', alg: 'RS256' } }).split(/\.(?=[^.]*$)/) as [string];
    const signature = sign('sha256', Buffer.from(signedText), privateKeyOf(p, q)).toString('base64url');
    expect(await present(`${signedText}.${signature}`)).toBe('otp_token_invalid');
    server.closeAllConnections();
    server.close();
  });
});

it('an ordinary RSA key is taken, and so is the product of a vulnerable prime and an ordinary one', () => {
  const ordinary = Array.from({ length: 5 }, () => generateKeyPairSync('rsa', { modulusLength: 2048 }));
  for (const pair of ordinary) expect(() => publicKey(pair.publicKey, 'RS256')).not.toThrow();
  const ordinaryPrime = Buffer.from(ordinary[0]!.privateKey.export({ format: 'jwk' }).p!, 'base64url');
  const half = BigInt(`0x${ordinaryPrime.toString('hex')}`) * vulnerablePrime();
  expect(() => publicKey(rsaKey(half), 'RS256')).not.toThrow();
});
