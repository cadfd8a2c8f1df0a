import { readFileSync } from 'node:fs';
import { readSources } from '@verified-mobile/test-support/layers';
import { expect, it } from 'vitest';

it('depends on the rate limiter of the handler, and on nothing else', () => {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as object;
  expect(manifest).toHaveProperty('dependencies', { 'rate-limiter-flexible': 'catalog:' });
  for (const kind of ['peerDependencies', 'optionalDependencies']) expect(manifest).not.toHaveProperty(kind);
});

it('loads no package until a handler is made', () => {
  for (const [file, text] of readSources(new URL('../src/', import.meta.url))) {
    const loaded = [...text.matchAll(/^(?:import|export)\b(?! type)[^;]*?from '([^']+)';/gm)].map(
      ([, name = '']) => name,
    );
    expect
      .soft(
        loaded.filter((name) => !/^(?:node:|\.)/.test(name)),
        file,
      )
      .toEqual([]);
  }
});
