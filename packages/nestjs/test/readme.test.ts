import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

it.each(['fixtures/payouts.ts', 'fixtures/configured.ts', 'testing-routes.test.ts'])(
  'shows in the README what the tests run, to the letter: %s',
  (path) => {
    expect(read('../README.md')).toContain(`\n\`\`\`ts\n${read(path)}\`\`\`\n`);
  },
);

it('names every option of a route and of the module in the README', () => {
  const ofRoutes = ['token', 'expectMobile', 'transaction', 'idempotencyKey', 'when', 'maxAgeSeconds'];
  const names = [...ofRoutes, 'useFactory', 'inject', 'imports', 'global'];
  expect(names.filter((name) => !read('../README.md').includes(`\`${name}\``))).toEqual([]);
});
