/** Which room of src may import which, types included: an arrow back would make two rooms one. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));

/** From the outside in: each stage may import the stages below it. Rooms of one stage do not know each other. */
const STAGES = [
  ['command'],
  ['sandbox'],
  ['node'],
  ['index', 'redis', 'testing'],
  ['create-issuer'],
  ['http'],
  ['setup'],
  ['tokens', 'store', 'ledger', 'metrics'],
  ['sms'],
  ['domain'],
  ['lib'],
];

/** Any package that serves, checks or signs: a program that only verifies its ledger must not load them. */
const SERVICE_PACKAGES = /^(?:hono|@hono|zod|jose|pino|redis)(?:\/|$)/;

/** `store` of `store/memory/tables.ts`; `ledger` of `ledger.ts`. */
function roomOf(file: string): string {
  return (file.split('/')[0] ?? '').replace(/\.ts$/, '');
}

function roomsBelow(room: string): readonly string[] {
  const stage = STAGES.findIndex((rooms) => rooms.includes(room));
  return stage === -1 ? [] : STAGES.slice(stage + 1).flat();
}

/** What a file imports and re-exports, also by `import()`. */
function importsOf(text: string): { name: string; isType: boolean }[] {
  const code = text.replaceAll(/\/\*[^]*?\*\//g, '');
  const statements = [...code.matchAll(/^(?:import|export)\b([^;]*?)\bfrom '([^']+)';/gm)];
  const dynamic = [...code.matchAll(/\bimport\('([^']+)'\)/g)].map(([, name = '']) => ({ name, isType: false }));
  return statements
    .map(([, names = '', name = '']) => ({ name, isType: /^\s*type\b/.test(names) }))
    .concat(
      dynamic,
      [...code.matchAll(/^import '([^']+)';/gm)].map(([, name = '']) => ({ name, isType: false })),
    );
}

function targetOf(file: string, name: string): string {
  return normalize(join(dirname(file), name));
}

/** Every import that goes from one room to another which it must not know. */
function wrongImports(sources: ReadonlyMap<string, string>): string[] {
  return [...sources].flatMap(([file, text]) =>
    importsOf(text)
      .filter(({ name }) => name.startsWith('.'))
      .map(({ name }) => targetOf(file, name))
      .filter((target) => roomOf(target) !== roomOf(file) && !roomsBelow(roomOf(file)).includes(roomOf(target)))
      .map((target) => `${file} imports ${target}`),
  );
}

/** The packages that loading a file loads, with those of all that it imports. */
function packagesOf(file: string, sources: ReadonlyMap<string, string>, seen: Set<string> = new Set()): string[] {
  if (seen.has(file)) return [];
  seen.add(file);
  return importsOf(sources.get(file) ?? '')
    .filter(({ isType }) => !isType)
    .flatMap(({ name }) => (name.startsWith('.') ? packagesOf(targetOf(file, name), sources, seen) : [name]));
}

function readSources(): Map<string, string> {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return new Map(files.map((file) => [file, readFileSync(join(SRC, file), 'utf8')]));
}

describe('the rooms of src', () => {
  const sources = readSources();

  it('import only what stands below them', () => {
    expect(wrongImports(sources)).toEqual([]);
  });

  it('all have a place in the order', () => {
    const rooms = new Set([...sources.keys()].map(roomOf));
    expect([...rooms].toSorted()).toEqual(STAGES.flat().toSorted());
  });

  it.each([
    ['a type of the floor above', 'domain/limits.ts', "import type { Ledger } from '../setup/options.ts';"],
    ['a re-export', 'setup/options.ts', "export { createApp } from '../http/app.ts';"],
    ['a room of the same stage', 'ledger/chain.ts', "import { signToken } from '../tokens/sign-token.ts';"],
    ['an import over several lines', 'lib/settings.ts', "import {\n  type Limits,\n} from '../domain/limits.ts';"],
    ['an import when it is needed', 'http/app.ts', "await import('../sandbox/page.ts');"],
    ['an entry', 'tokens/sign-token.ts', "import { createMetrics } from '../metrics.ts';"],
  ])('may not hold %s', (_, file, line) => {
    expect(wrongImports(new Map([[file, line]]))).toHaveLength(1);
  });

  it('load nothing of the service for the ledger', () => {
    const packages = packagesOf('ledger.ts', sources);
    expect(packages).toContain('node:crypto');
    expect(packages.filter((name) => !name.startsWith('node:'))).toEqual([]);
  });

  it('load nothing at all for the metrics, and nothing of the service for the Redis store', () => {
    expect(packagesOf('metrics.ts', sources)).toEqual([]);
    expect(packagesOf('redis.ts', sources).filter((name) => SERVICE_PACKAGES.test(name))).toEqual([]);
  });

  it('load the service for the service', () => {
    expect(packagesOf('index.ts', sources)).toEqual(expect.arrayContaining(['hono', 'zod', 'jose']));
  });
});
