import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ROOT } from './workspace.ts';

const ALLOWED = 'allowed';

/** An import, where it stands, and what lint must say of it. Of a type, unless it is one of a value. */
const SEEDS: readonly (readonly [file: string, specifier: string, answer: string, kind?: 'value'])[] = [
  ['packages/stranger/src/index.ts', './own.ts', ALLOWED],
  ['packages/stranger/src/deep/index.ts', '../own.ts', ALLOWED],
  ['packages/stranger/src/index.ts', 'node:fs/promises', ALLOWED],
  ['packages/stranger/src/index.ts', '@verified-mobile/core', ALLOWED],
  ['packages/stranger/src/index.ts', '@verified-mobile/core/store', ALLOWED],
  ['packages/stranger/src/index.ts', '@verified-mobile/core/testing', 'A package imports its own files'],
  ['packages/stranger/src/index.ts', '@verified-mobile/issuer', 'A package imports its own files'],
  ['packages/stranger/src/index.ts', 'lodash', 'A package imports its own files'],
  ['packages/stranger/src/index.ts', '../../core/src/lib/clock.ts', 'A package imports its own files'],
  ['packages/core/src/index.ts', 'jose', ALLOWED],
  ['packages/core/src/index.ts', '@verified-mobile/client', 'core stands on jose and lru-cache'],
  ['packages/core/src/index.ts', 'express', 'core stands on jose and lru-cache'],
  ['packages/core/src/index.ts', '../../redis/src/index.ts', 'core stands on jose and lru-cache'],
  ['packages/express/src/index.ts', 'express', ALLOWED],
  ['packages/hono/src/index.ts', '@verified-mobile/core/fetch', ALLOWED],
  ['packages/express/src/index.ts', '@verified-mobile/redis', 'An adapter imports its framework'],
  ['packages/hono/src/index.ts', '@verified-mobile/core/testing', 'An adapter imports its framework'],
  ['packages/nestjs/src/index.ts', '@nestjs/common', ALLOWED],
  ['packages/nestjs/src/index.ts', '@nestjs/common/constants.js', ALLOWED],
  ['packages/nestjs/src/index.ts', '@verified-mobile/core/store', ALLOWED],
  ['packages/nestjs/src/index.ts', '@nestjs/platform-express', 'nestjs imports Nest'],
  ['packages/nestjs/src/index.ts', 'express', 'nestjs imports Nest'],
  ['packages/nestjs/src/index.ts', '@verified-mobile/core/testing', 'nestjs imports Nest'],
  ['packages/redis/src/index.ts', 'redis', 'A package imports its own files'],
  ['packages/postgres/src/index.ts', 'pg', 'A package imports its own files'],
  ['packages/client/src/index.ts', '@verified-mobile/issuer', 'client stands on Node alone'],
  ['packages/client/src/index.ts', 'hono', 'client stands on Node alone'],
  ['packages/client/src/index.ts', 'rate-limiter-flexible', ALLOWED],
  ['packages/browser/src/index.ts', './texts.ts', ALLOWED],
  ['packages/browser/src/index.ts', 'lit', 'browser imports its own files and nothing else'],
  ['packages/browser/src/index.ts', 'node:crypto', 'browser imports its own files and nothing else'],
  ['packages/browser/src/index.ts', '@verified-mobile/core', 'browser imports its own files and nothing else'],
  ['packages/issuer/src/index.ts', '@verified-mobile/client', ALLOWED],
  ['packages/issuer/src/index.ts', 'hono/utils/http-status', ALLOWED],
  ['packages/issuer/src/index.ts', '@verified-mobile/express', 'issuer stands on client'],
  ['packages/issuer/src/index.ts', 'ioredis', 'issuer stands on client'],
  ['packages/smpp/src/link/link.ts', '../wire/statuses.ts', ALLOWED],
  ['packages/smpp/src/link/link.ts', 'smpp', ALLOWED],
  ['packages/smpp/src/link/link.ts', '@verified-mobile/core/store', ALLOWED, 'value'],
  ['packages/smpp/src/link/link.ts', '@verified-mobile/issuer', ALLOWED],
  ['packages/smpp/src/link/link.ts', '@verified-mobile/issuer', 'smpp takes types from issuer', 'value'],
  ['packages/smpp/src/link/link.ts', '@verified-mobile/issuer/dlt', ALLOWED, 'value'],
  ['packages/smpp/src/link/link.ts', '@verified-mobile/issuer/node', 'smpp stands on npm smpp'],
  ['packages/smpp/src/link/link.ts', '@verified-mobile/client', 'smpp stands on npm smpp'],
  ['packages/smpp/src/link/link.ts', 'iconv-lite', 'smpp stands on npm smpp'],
  ['packages/redis/test/store.int.test.ts', '../src/index.ts', ALLOWED],
  ['packages/redis/test/faults/a.int.test.ts', '../../src/index.ts', ALLOWED],
  ['packages/redis/test/store.int.test.ts', '../../core/src/index.ts', 'by its public name'],
  ['examples/koa/src/server.ts', '../../express/src/server.ts', 'by its public name'],
  ['examples/koa/src/server.ts', '../../../packages/core/dist/index.js', 'by its public name'],
];

let root: string;
const said = new Map<string, string>();

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'lint-'));
  cpSync(join(ROOT, '.oxlintrc.json'), join(root, '.oxlintrc.json'));
  for (const [index, [file, specifier, , kind]] of SEEDS.entries()) {
    const path = join(root, seeded(file, index));
    mkdirSync(dirname(path), { recursive: true });
    // A type: an arrow is an arrow, whether it is there at run time or not.
    writeFileSync(path, kind === 'value' ? valueFrom(specifier) : typeFrom(specifier));
  }
  const oxlint = join(ROOT, 'node_modules', '.bin', 'oxlint');
  const output = await new Promise<string>((resolve) => {
    // It ends with 1 wherever it finds something, and here it must.
    execFile(oxlint, ['--format', 'json'], { cwd: root, maxBuffer: 2 ** 26 }, (_error, stdout) => resolve(stdout));
  });
  const { diagnostics } = JSON.parse(output) as { diagnostics: { code: string; help?: string; filename: string }[] };
  for (const { code, help = '', filename } of diagnostics) {
    if (code.includes('no-restricted-imports')) said.set(filename, help);
  }
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function typeFrom(specifier: string): string {
  return `import type { Seed } from '${specifier}';\nexport type Grown = Seed;\n`;
}

function valueFrom(specifier: string): string {
  return `import { seed } from '${specifier}';\nexport const grown = seed;\n`;
}

function seeded(file: string, index: number): string {
  return file.replace(/\.ts$/, `-${index}.ts`);
}

it.each([...SEEDS.entries()])('import %i: %j', (index, [file, , answer]) => {
  expect(said.get(seeded(file, index)) ?? ALLOWED).toContain(answer);
});
