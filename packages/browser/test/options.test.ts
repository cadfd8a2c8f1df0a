import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { OtpInput, withMobileProof } from '../src/index.ts';

it('can be imported and set up by a server that renders the page', () => {
  expect(typeof OtpInput).toBe('function');
  expect(
    typeof withMobileProof(fetch, { origins: ['https://api.example.in'], otpUrl: '/api/otp', timeoutMs: 60_000 }),
  ).toBe('function');
});

it.each<[setting: string, options: object]>([
  ['otpURL is no option', { otpURL: '/otp' }],
  ['otpUrl must be like /otp', { otpUrl: '/otp/' }],
  ['otpUrl must be like /otp', { otpUrl: '' }],
  ['origins must be like https://api.example.in', { origins: ['https://api.example.in/'] }],
  ['origins must be like https://api.example.in', { origins: ['*'] }],
  ['timeoutMs must be from 1 to 60,000', { timeoutMs: 0 }],
  ['timeoutMs must be from 1 to 60,000', { timeoutMs: 60_001 }],
  ['timeoutMs must be from 1 to 60,000', { timeoutMs: Number.NaN }],
  ['askForOtp must be a function', { askForOtp: 'dialog' }],
])('refuses a setting by name: %s', (message, options) => {
  expect(() => withMobileProof(fetch, options)).toThrow(new TypeError(`withMobileProof(): ${message}.`));
});

it('refuses to wrap what is no function', () => {
  expect(() => withMobileProof(undefined as never)).toThrow('fetch must be a function');
});

it('depends on nothing', () => {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as object;
  for (const kind of ['dependencies', 'peerDependencies', 'optionalDependencies'])
    expect(manifest).not.toHaveProperty(kind);
});
