import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { hmacSecret, VerifiedMobileError } from '@verified-mobile/core';
import { describe, expect, it } from 'vitest';

const { publicKey: ec } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const { publicKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = ec.export({ type: 'spki', format: 'pem' }).toString();
const jwk = JSON.stringify(ec.export({ format: 'jwk' }));

/** Self-signed by a key that was thrown away; holds until 2126. */
const CERTIFICATE =
  'MIIBfTCCASOgAwIBAgIUN9ARyeXGUOMrYdIQbdjtMBk08wIwCgYIKoZIzj0EAwIwEzERMA8GA1UEAwwIb3RwLnRlc3QwIBcNMjYxMTI1MDgxMDIzWhgP' +
  'MjEyNjExMDEwODEwMjNaMBMxETAPBgNVBAMMCG90cC50ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEA4a1dwBKGFE8mYjmWy+MDqAjl/Pyql/U' +
  'aI3/Yzg8PBXEbdwzkwvB2YeaWOsOFunKbnf3uqbVNXmwYUzDxDFoeaNTMFEwHQYDVR0OBBYEFNA2trR379HbgLhDA1F/o1N6d4jTMB8GA1UdIwQYMBaA' +
  'FNA2trR379HbgLhDA1F/o1N6d4jTMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhALDwYbR3GP4fb51GfkQo9Y9DcxDSbncwL3xgJY0W' +
  'k1hzAiBADQ4F5gmgDBWAzISHPKOeEDQZrr3IgcOjvkQ4FRPFVA==';

describe('a secret is refused, with the remedy, if it is', () => {
  it.each<[string, Uint8Array, string]>([
    ['32 zeros', new Uint8Array(32), 'one byte over and over. Make one with: openssl rand'],
    ['one letter repeated', Buffer.alloc(64, 'x'), 'one byte over and over. Make one with: openssl rand'],
    ['a PEM', Buffer.from(pem), 'a PEM. A public key is no secret: use publicKey()'],
    ['a PEM behind white space', Buffer.from(`\r\n\t ${pem}`), 'a PEM. A public key is no secret'],
    ['a PEM behind a byte order mark', Buffer.from(`\uFEFF${pem}`), 'a PEM. A public key is no secret'],
    ['a PEM under a heading', Buffer.from(`subject=CN = otp.test\n${pem}`), 'a PEM. A public key is no secret'],
    ['a public key in DER (SPKI)', ec.export({ type: 'spki', format: 'der' }), 'in DER. A public key is no secret'],
    ['a public key in DER (PKCS#1)', rsa.export({ type: 'pkcs1', format: 'der' }), 'in DER. A public key is no secret'],
    ['a certificate in DER', Buffer.from(CERTIFICATE, 'base64'), 'a certificate in DER. A public key is no secret'],
    ['a public JWK', Buffer.from(jwk), 'a public JWK is no secret: use jwks()'],
    ['a JWK behind white space', Buffer.from(`\uFEFF\n ${jwk}\n`), 'a public JWK is no secret: use jwks()'],
    ['a key set', Buffer.from(`{"keys":[${jwk}]}`), 'a public JWK is no secret: use jwks()'],
    ['a symmetric JWK', Buffer.from(`{"kty":"oct","k":"${'x'.repeat(43)}"}`), "give Buffer.from(jwk.k, 'base64url')"],
  ])('%s', (_what, secret, message) => {
    expect(() => hmacSecret(secret, 'HS256')).toThrow(VerifiedMobileError);
    expect(() => hmacSecret(secret, 'HS256')).toThrow(message);
  });

  it.each<[string, Uint8Array]>([
    ['random bytes', randomBytes(32)],
    ['random bytes in hex', Buffer.from(randomBytes(32).toString('hex'))],
    ['two different bytes', Buffer.alloc(32, 0).fill(1, 31)],
    ['digits, which are JSON too', Buffer.from('31415926535897932384626433832795')],
  ])('but not %s', (_what, secret) => {
    expect(() => hmacSecret(secret, 'HS256')).not.toThrow();
  });
});
