import { expect, it } from 'vitest';
import manifest from '../package.json' with { type: 'json' };

it('stands on jose and lru-cache, and on no framework', () => {
  expect(Object.keys(manifest.dependencies)).toEqual(['jose', 'lru-cache']);
  expect(manifest).not.toHaveProperty('peerDependencies');
});
