import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { misplacedRooms, wrongImports } from '../../packages/test-support/src/layers.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { objectionsTo } from './objections.ts';
import { surfaceOf } from './surface.ts';
import { membersOf, ROOT } from './workspace.ts';

const MEMBERS = membersOf(ROOT);
const PACKAGES = MEMBERS.filter(({ manifest }) => manifest.private !== true);

describe('every package and example', () => {
  it.each(MEMBERS)('is whole: $folder', async (member) => {
    expect(await objectionsTo(ROOT, member)).toEqual([]);
  });

  it.each(PACKAGES)('exports what its surface says, types included, and nothing else: $folder', async (member) => {
    await expect(surfaceOf(ROOT, member)).toMatchFileSnapshot(join(ROOT, member.folder, 'test', 'surface.txt'));
  });
});

describe("a stranger's new package", () => {
  const MANIFEST = {
    name: '@verified-mobile/new',
    type: 'module',
    license: 'MIT',
    files: ['dist', 'src'],
    exports: {
      '.': { '@verified-mobile/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' },
    },
  };
  let root: string;
  const write = (path: string, content: string | object): void => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
  };
  const objections = async (): Promise<string[]> =>
    (await Promise.all(membersOf(root).map(async (member) => objectionsTo(root, member)))).flat();

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'house-'));
    cpSync(join(ROOT, 'LICENSE'), join(root, 'LICENSE'));
    mkdirSync(join(root, 'examples'));
    write('package.json', { engines: { node: '>=20' } });
    write('.config/tsconfig.json', { references: [] });
    write('packages/new/package.json', MANIFEST);
    write('packages/new/src/index.ts', 'export const one = 1;\n');
    write('packages/new/tsconfig.json', {});
    write('packages/new/test/deep/tsconfig.json', {});
    write('packages/new/test/one.test.ts', '');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('is refused until it is type-checked, has a README and the LICENSE, and its exports are files', async () => {
    const expected = [
      'packages/new/tsconfig.json is not type-checked: add it to the references of .config/tsconfig.json.',
      'packages/new/test/tsconfig.json is not type-checked: add it to the references of .config/tsconfig.json.',
      'packages/new/test/deep/tsconfig.json is not type-checked: add it to the references of .config/tsconfig.json.',
      'packages/new/README.md must begin with "# @verified-mobile/new" and say what it is.',
      'packages/new/package.json needs a version: no package that names it can be packed.',
      'packages/new/package.json must have the engines.node of the package.json at the top: >=20.',
      'packages/new: exports names ./dist/index.d.ts, which is no file. Build it, or correct the name.',
      'packages/new: exports names ./dist/index.js, which is no file. Build it, or correct the name.',
      'packages/new/LICENSE must be a copy of the LICENSE at the top: npm ships no other.',
    ];
    expect(await objections()).toEqual(expect.arrayContaining(expected) as string[]);

    write('.config/tsconfig.json', { references: [{ path: '../packages/new/test' }] });
    write('packages/new/test/tsconfig.json', { references: [{ path: '..' }, { path: 'deep' }] });
    write('packages/new/package.json', { ...MANIFEST, version: '0.0.0', engines: { node: '>=20' } });
    write('packages/new/README.md', '# @verified-mobile/new\n');
    write('packages/new/dist/index.d.ts', 'export declare const one = 1;\n');
    write('packages/new/dist/index.js', 'export const one = 1;\n');
    cpSync(join(ROOT, 'LICENSE'), join(root, 'packages/new/LICENSE'));
    expect(await objections()).toEqual([]);
  });

  it('is refused if publint finds a fault, in its words', async () => {
    write('packages/new/dist/index.js', 'module.exports = 1;\n');
    expect((await objections()).join('\n')).toContain('CJS');
  });

  it('has a surface that names types and values, and no star', () => {
    write(
      'packages/new/src/index.ts',
      "export type { A } from './a.ts';\nexport { type B, c } from './a.ts';\nexport interface D {}\n",
    );
    const [member] = membersOf(root);
    expect(surfaceOf(root, member!)).toBe('. type  A\n. type  B\n. type  D\n. value c\n');
    write('packages/new/src/index.ts', "export * from './a.ts';\n");
    expect(() => surfaceOf(root, member!)).toThrow('exports names that it does not list');
  });
});

describe('the rooms of a package, held to their order', () => {
  const STAGES = [['index', 'entry'], ['http'], ['store', 'ledger'], ['lib']];

  it.each([
    ['a type of the floor above', 'lib/limits.ts', "import type { Ledger } from '../store/options.ts';"],
    ['a re-export', 'store/options.ts', "export { createApp } from '../http/app.ts';"],
    ['a room of the same stage', 'ledger/chain.ts', "import { rows } from '../store/rows.ts';"],
    ['an import over several lines', 'lib/a.ts', "import {\n  type Limits,\n} from '../store/limits.ts';"],
    ['an import when it is needed', 'http/app.ts', "await import('../index.ts');"],
    ['an entry', 'http/app.ts', "import { entry } from '../entry.ts';"],
  ])('may not hold %s', (_what, file, line) => {
    expect(wrongImports(new Map([[file, line]]), STAGES)).toHaveLength(1);
  });

  it('may hold what stands below, and each has its place', () => {
    const sources = new Map([
      ['index.ts', "export { app } from './http/app.ts';"],
      ['http/app.ts', "import { a } from '../lib/a.ts';\nimport { b } from './b.ts';"],
      ['new/c.ts', ''],
    ]);
    expect(wrongImports(sources, STAGES)).toEqual([]);
    expect(misplacedRooms(sources, STAGES)).toEqual(['new', 'entry', 'store', 'ledger', 'lib']);
  });
});
