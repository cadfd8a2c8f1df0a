import * as core from '@verified-mobile/core';
import * as testing from '@verified-mobile/core/testing';
import { expect, it } from 'vitest';
import manifest from '../package.json' with { type: 'json' };

it('exports these names, and no others', () => {
  expect({ core: Object.keys(core).toSorted(), testing: Object.keys(testing).toSorted() }).toMatchSnapshot();
});

it('stands on jose and lru-cache, and on no framework', () => {
  expect(Object.keys(manifest.dependencies)).toEqual(['jose', 'lru-cache']);
  expect(manifest).not.toHaveProperty('peerDependencies');
});
