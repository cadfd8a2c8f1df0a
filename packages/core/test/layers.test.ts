import { forbiddenImports } from '@verified-mobile/test-support/layers';
import { expect, it } from 'vitest';

it('has no arrow back and no circle between its folders, types included', () => {
  const allowed = {
    guard: ['keys', 'replay', 'token', 'lib'],
    keys: ['token', 'lib'],
    replay: ['token', 'lib'],
    token: ['lib'],
    testing: ['guard', 'keys', 'replay', 'token', 'lib'],
    lib: [],
  };
  expect(forbiddenImports(new URL('../src/', import.meta.url), allowed)).toEqual([]);
});
