import { readFileSync } from 'node:fs';
import * as client from '@verified-mobile/client';
import { expect, it } from 'vitest';

it('exports these names, and no others', () => {
  expect(Object.keys(client).toSorted()).toEqual([
    'OtpApiError',
    'ResponseStatus',
    'ResponseType',
    'WIRE_PATHS',
    'createOtpClient',
    'formatIstDate',
    'parseIstDate',
    'secretKeyFor',
    'signedHeaders',
  ]);
});

it('depends on nothing', () => {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as object;
  for (const kind of ['dependencies', 'peerDependencies', 'optionalDependencies'])
    expect(manifest).not.toHaveProperty(kind);
});
