/** Which room of src may import which, types included: an arrow back would make two rooms one. */
import {
  misplacedRooms,
  packagesOf,
  readSources,
  type Stages,
  wrongImports,
} from '@verified-mobile/test-support/layers';
import { expect, it } from 'vitest';

const STAGES: Stages = [
  ['index'],
  ['smpp-route'],
  ['reporter', 'setup'],
  ['message', 'receipts'],
  ['link'],
  ['text', 'wire'],
];

it('the rooms of src import only what stands below them, all have a place, and none loads the service', () => {
  const sources = readSources(new URL('../src/', import.meta.url));
  expect(wrongImports(sources, STAGES)).toEqual([]);
  expect(misplacedRooms(sources, STAGES)).toEqual([]);
  const packages = new Set(packagesOf('index.ts', sources).filter((name) => !name.startsWith('node:')));
  expect([...packages].toSorted()).toEqual(['@verified-mobile/core/store', '@verified-mobile/issuer/dlt', 'smpp']);
});
