import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const README = read('../../README.md');

it.each([
  ['js', 'public/page.js'],
  ['ts', 'src/app.ts'],
])('the first %s in the README at the top is an excerpt of %s, word for word', (language, file) => {
  const excerpt = new RegExp(`\`\`\`${language}\n(.+?)\`\`\``, 's').exec(README)?.[1] ?? 'no excerpt';
  expect(read(file)).toContain(excerpt);
});

it('the first example of the README at the top compares mobile and transaction', () => {
  const [, first = ''] = /```ts\n(.+?)```/s.exec(README) ?? [];
  for (const name of ['expectMobile', 'transaction', 'idempotencyKey']) expect(first).toContain(`  ${name}: (req)`);
});

it('the app has fewer than 100 lines', () => {
  expect(read('src/app.ts').split('\n').length).toBeLessThan(100);
});
