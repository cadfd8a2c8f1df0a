import { misplacedRooms, readSources, wrongImports } from '@verified-mobile/test-support/layers';
import { expect, it } from 'vitest';

const STAGES = [['index', 'fetch', 'store', 'testing'], ['guard'], ['keys', 'replay'], ['token'], ['lib']];

it('has no arrow back and no circle between its folders, types included', () => {
  const sources = readSources(new URL('../src/', import.meta.url));
  expect(wrongImports(sources, STAGES)).toEqual([]);
  expect(misplacedRooms(sources, STAGES)).toEqual([]);
});
