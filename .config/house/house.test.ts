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
  it.each(MEMBERS)('is whole: $folder', (member) => {
    expect(objectionsTo(ROOT, member)).toEqual([]);
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
  const TOP = {
    engines: { node: '>=20' },
    license: 'MIT',
    author: 'us',
    homepage: 'https://example.in/it#readme',
    bugs: 'https://example.in/it/issues',
    repository: { type: 'git', url: 'git+https://example.in/it.git' },
  };
  let root: string;
  const write = (path: string, content: string | object): void => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
  };
  const objections = (): string[] => membersOf(root).flatMap((member) => objectionsTo(root, member));

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'house-'));
    cpSync(join(ROOT, 'LICENSE'), join(root, 'LICENSE'));
    mkdirSync(join(root, 'examples'));
    write('package.json', TOP);
    write('.config/tsconfig.json', { references: [] });
    write('packages/new/package.json', MANIFEST);
    write('packages/new/src/index.ts', 'export const one = 1;\n');
    write('packages/new/tsconfig.json', {});
    write('packages/new/test/deep/tsconfig.json', {});
    write('packages/new/test/one.test.ts', '');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('is refused until it is type-checked, says what it is and whence, and its exports are files', () => {
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
      'packages/new/package.json must name @verified-mobile/core in "dependencies": as a peer it makes each minor version of all packages a major one.',
      'packages/new/package.json must have "author": "us".',
      'packages/new/package.json must have "bugs": "https://example.in/it/issues".',
      'packages/new/package.json must have "homepage": "https://example.in/it/tree/main/packages/new#readme".',
      'packages/new/package.json must have "repository": {"type":"git","url":"git+https://example.in/it.git","directory":"packages/new"}.',
      'packages/new/package.json must have "publishConfig": {"access":"public"}.',
      'packages/new/package.json needs "keywords": the words by which one would look for it.',
      'packages/new/package.json must have the script "prepack": "node ../../.config/only-pnpm.js && tsc -b", which builds, and refuses npm and yarn.',
    ];
    write('packages/new/package.json', { ...MANIFEST, peerDependencies: { '@verified-mobile/core': '*', koa: '*' } });
    expect(objections().toSorted()).toEqual(expected.toSorted());

    write('.config/tsconfig.json', { references: [{ path: '../packages/new/test' }] });
    write('packages/new/test/tsconfig.json', { references: [{ path: '..' }, { path: 'deep' }] });
    write('packages/new/package.json', {
      ...MANIFEST,
      ...TOP,
      version: '0.0.0',
      homepage: 'https://example.in/it/tree/main/packages/new#readme',
      repository: { ...TOP.repository, directory: 'packages/new' },
      keywords: ['new'],
      publishConfig: { access: 'public' },
      scripts: { prepack: 'node ../../.config/only-pnpm.js && tsc -b' },
    });
    write('packages/new/README.md', '# @verified-mobile/new\n');
    write('packages/new/dist/index.d.ts', 'export declare const one = 1;\n');
    write('packages/new/dist/index.js', 'export const one = 1;\n');
    cpSync(join(ROOT, 'LICENSE'), join(root, 'packages/new/LICENSE'));
    expect(objections()).toEqual([]);
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
