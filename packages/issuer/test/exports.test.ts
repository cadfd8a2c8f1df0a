import { expect, it } from 'vitest';
import * as issuer from '@verified-mobile/issuer';
import * as node from '@verified-mobile/issuer/node';
import * as sandbox from '@verified-mobile/issuer/sandbox';

it('exports these names and no others', () => {
  expect(Object.keys(issuer).toSorted()).toEqual([
    'IssuerError',
    'createIssuer',
    'generateSigningKey',
    'memoryChallengeStore',
  ]);
  expect(Object.keys(sandbox).toSorted()).toEqual(['SANDBOX_CREDENTIALS', 'createSandbox']);
  expect(Object.keys(node).toSorted()).toEqual(['listen', 'serve']);
});
