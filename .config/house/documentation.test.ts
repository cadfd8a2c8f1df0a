import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { expect, it } from 'vitest';
import { blocksOf, documents } from './documentation/blocks.ts';
import { commandsOf, objectionToCommand } from './documentation/commands.ts';
import { compilerErrors } from './documentation/compile.ts';
import { ROOT } from './workspace.ts';

const DOCUMENTS = documents(ROOT);
const BLOCKS = DOCUMENTS.flatMap((file) => blocksOf(ROOT, file));

/** Excerpts, word for word, of files that are compiled where they are: `examples/full-stack/test/readme.test.ts` holds them. */
const EXCERPTS: ReadonlySet<string> = new Set(['README.md']);

it('every ts block compiles against the packages as they are built', async () => {
  const blocks = BLOCKS.filter(({ language, file }) => language === 'ts' && !EXCERPTS.has(file));
  expect(blocks.length).toBeGreaterThan(20);
  expect(await compilerErrors(blocks)).toEqual([]);
});

it('and one that does not is found, with its file and line', async () => {
  const code = "import { createGuard } from '@verified-mobile/core';\n\ncreateGuard({ maxAge: 300 });\n";
  const block = { file: 'new.md', line: 7, language: 'ts', name: '', code };
  expect(await compilerErrors([block])).toEqual([expect.stringMatching(/^new\.md:10: error TS2353: .*'maxAge'/)]);
});

it('every js block can be parsed', () => {
  const blocks = BLOCKS.filter(({ language }) => language === 'js');
  expect(blocks.length).toBeGreaterThan(8);
  const faults = blocks.flatMap(({ file, line, code }) =>
    parseSync('block.js', code).errors.map(({ message }) => `${file}:${line}: ${message}`),
  );
  expect(faults).toEqual([]);
});

it('every command names scripts, packages and examples that there are', () => {
  const commands = BLOCKS.filter(({ language }) => language === 'sh').flatMap(commandsOf);
  expect(commands.length).toBeGreaterThan(10);
  expect(commands.flatMap((command) => objectionToCommand(ROOT, command) ?? [])).toEqual([]);
});

it.each([
  ['npx -y pnpm@12 nothing', 'has no script "nothing"'],
  ['npx -y pnpm@12 --filter ./examples/nothing start', 'no example'],
  ['npm install @verified-mobile/nothing', 'no package'],
  ['curl http://localhost:4000', 'no kind of command'],
])('and one that does not is found: %s', (command, objection) => {
  expect(objectionToCommand(ROOT, command)).toContain(objection);
});

it('every variable of the environment that it names is read by a source', () => {
  const sources = ['guard/environment.ts', 'guard/options.ts', 'guard/report.ts', 'replay/memory-replay-store.ts'].map(
    (file) => readFileSync(join(ROOT, 'packages/core/src', file), 'utf8'),
  );
  const known = new Set(sources.join('\n').match(/VERIFIED_MOBILE_[A-Z_]+/g));
  const named = DOCUMENTS.flatMap(
    (file) => readFileSync(join(ROOT, file), 'utf8').match(/VERIFIED_MOBILE_[A-Z_]+/g) ?? [],
  );
  const unknown = named.filter((name) => !known.has(name.replace(/_FILE$/, '')) && name !== 'VERIFIED_MOBILE_');
  expect([...new Set(unknown)]).toEqual([]);
});

it('the picture of the page is as wide as a reader sees it, and small', () => {
  const picture = readFileSync(join(ROOT, 'examples/payout-desk/docs/page.png'));
  expect(picture.readUInt32BE(16)).toBe(1280);
  expect(picture.byteLength).toBeLessThan(150_000);
  expect(readFileSync(join(ROOT, 'README.md'), 'utf8')).toContain('](examples/payout-desk/docs/page.png)');
});

it('the settings for Jest compile these packages and no others', () => {
  const settings = blocksOf(ROOT, 'packages/core/docs/jest-and-commonjs.md').find(
    ({ name }) => name === 'jest.config.js',
  );
  const [, pattern = ''] = /transformIgnorePatterns: \['([^']+)'\]/.exec(settings!.code) ?? [];
  const isLeft = (path: string): boolean => new RegExp(pattern.replaceAll('\\\\', '\\')).test(path);
  expect(isLeft('/app/node_modules/@verified-mobile/core/dist/index.js')).toBe(false);
  expect(isLeft('/app/node_modules/.pnpm/jose@6.2.17/node_modules/jose/dist/webapi/index.js')).toBe(false);
  expect(isLeft('/app/node_modules/.pnpm/express@5.2.1/node_modules/express/index.js')).toBe(true);
  expect(isLeft('/app/node_modules/express/index.js')).toBe(true);
});
