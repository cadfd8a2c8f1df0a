import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

it.each(['express', 'koa', 'fastify', 'hono', 'nestjs'])(
  'shows the service that the browser has tried, to the letter: %s',
  (name) => {
    const example = read(`../../${name}/test/fixtures/cors-service.ts`);
    expect(read('../guides/cors.md')).toContain(`\n\`\`\`ts\n${example}\`\`\`\n`);
  },
);
