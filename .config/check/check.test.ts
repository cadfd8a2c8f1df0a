import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Manifest, ROOT } from '../house/workspace.ts';
import { CHECKS } from './checks.ts';

const MANIFEST: Manifest & Record<string, unknown> = {
  name: '@verified-mobile/browser',
  version: '0.1.0',
  license: 'MIT',
  files: ['dist', 'src'],
  type: 'module',
  sideEffects: false,
  main: './dist/index.js',
  types: './dist/index.d.ts',
  exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
  engines: { node: '>=20' },
};
const MAP = { version: 3, sources: ['../src/index.ts'], names: [], mappings: '' };
const component = (name: string, licence?: object): object => ({
  name,
  version: '1.0.0',
  ...(licence && { licenses: [licence] }),
});

let root: string;
let manifest: typeof MANIFEST;
let tarballBytes: number;
const write = (path: string, content: string | object): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content, null, 2));
};
const remove = (path: string): void => rmSync(join(root, path));
const describeManifest = (change: Record<string, unknown>): void => {
  manifest = { ...MANIFEST, ...change };
  write('package/package.json', manifest);
};

/** What the checks say of the one package, as `check: objection`. */
async function objections(): Promise<string[]> {
  const packed = {
    folder: 'packages/new',
    at: join(root, 'package'),
    tarballBytes,
    manifest,
    sbom: join(root, 'sbom.json'),
  };
  const reports = await Promise.all(
    CHECKS.map(async ({ name, look }) => {
      const report = await look(packed, root);
      return report.objections.map((objection) => `${name}: ${objection}`);
    }),
  );
  return reports.flat();
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'check-'));
  tarballBytes = 1000;
  describeManifest({});
  write('LICENSE', 'MIT License\n');
  write('package/LICENSE', 'MIT License\n');
  write('package/README.md', '# new\n');
  write('package/CHANGELOG.md', '# new\n\n## 0.1.0\n');
  write('package/src/index.ts', 'export const one: number = 1;\n');
  write('package/dist/index.js', 'export const one = 1;\n');
  write('package/dist/index.d.ts', 'export declare const one: number;\n');
  write('package/dist/index.js.map', MAP);
  write('package/dist/index.d.ts.map', MAP);
  write('sbom.json', { components: [component('good', { license: { id: 'MIT' } })] });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('a packed package', () => {
  it('passes if it is whole', async () => {
    expect(await objections()).toEqual([]);
  });

  const FAULTS: readonly (readonly [what: string, seed: () => void, objection: string])[] = [
    [
      'a dependency that only the workspace knows',
      () => describeManifest({ dependencies: { '@verified-mobile/core': 'workspace:^' } }),
      'manifest: packages/new/package.json is packed with "@verified-mobile/core": "workspace:^"',
    ],
    [
      'a version of the catalog',
      () => describeManifest({ peerDependencies: { koa: 'catalog:' } }),
      'manifest: packages/new/package.json is packed with "koa": "catalog:"',
    ],
    [
      'a script that runs where it is installed',
      () => describeManifest({ scripts: { postinstall: 'node dist/index.js' } }),
      'manifest: packages/new/package.json has a script "postinstall"',
    ],
    ['no README', () => remove('package/README.md'), 'contents: packages/new: the tarball has no README.md.'],
    ['no LICENSE', () => remove('package/LICENSE'), 'contents: packages/new: the tarball has not the LICENSE'],
    [
      'a LICENSE that drifted',
      () => write('package/LICENSE', 'MIT Licence\n'),
      'contents: packages/new: the tarball has not the LICENSE',
    ],
    [
      'a command that is not shipped',
      () => describeManifest({ bin: { new: './dist/command.js' } }),
      'contents: packages/new/package.json names dist/command.js, which is not in the tarball',
    ],
    [
      'a test',
      () => write('package/src/one.test.ts', ''),
      'contents: packages/new: src/one.test.ts is in the tarball.',
    ],
    [
      'what the compiler remembers',
      () => write('package/dist/tsconfig.tsbuildinfo', ''),
      'contents: packages/new: dist/tsconfig.tsbuildinfo is in the tarball.',
    ],
    [
      'no entry for its version in the CHANGELOG',
      () => write('package/CHANGELOG.md', '# new\n\n## 0.1.0-beta\n'),
      'changelog: packages/new: the tarball has no CHANGELOG.md with "## 0.1.0".',
    ],
    ['no release planned', () => describeManifest({ version: '0.0.0' }), 'changelog: packages/new has no release'],
    [
      'a source map whose source is not shipped',
      () => remove('package/src/index.ts'),
      'source maps: packages/new: dist/index.js.map points to src/index.ts, which is not in the tarball.',
    ],
    [
      'a module without a source map',
      () => remove('package/dist/index.js.map'),
      'source maps: packages/new: dist/index.js has no source map in the tarball.',
    ],
    [
      'CommonJS that it calls a module',
      () => write('package/dist/index.js', 'module.exports = { one: 1 };\n'),
      'publint: packages/new/package.json: ',
    ],
    [
      'an entry that is no file',
      () => remove('package/dist/index.js'),
      'publint: packages/new/package.json: pkg.exports["."].default is ./dist/index.js but the file does not exist.',
    ],
    [
      'an entry whose types are no file',
      () => remove('package/dist/index.d.ts'),
      'types: packages/new/package.json: are-the-types-wrong says of @verified-mobile/browser: Could not find types',
    ],
    [
      'types that import what is not there',
      () => write('package/dist/index.d.ts', "export * from './two.js';\n"),
      'types: packages/new/package.json: are-the-types-wrong says of',
    ],
    [
      'no types at all',
      () => {
        for (const file of ['dist/index.d.ts', 'dist/index.d.ts.map', 'src/index.ts']) remove(`package/${file}`);
        describeManifest({ types: undefined, exports: { '.': { default: './dist/index.js' } } });
      },
      'types: packages/new/package.json leads to no types',
    ],
    [
      'an entry that is larger than its budget',
      () => write('package/dist/index.js', `export const one = '${randomText(9000)}';\n`),
      'size: packages/new: @verified-mobile/browser loads',
    ],
    [
      'a tarball that holds too much',
      () => {
        tarballBytes = 750_001;
      },
      'size: packages/new: the tarball has 750001 bytes',
    ],
    ...(
      [
        [{ license: { id: 'GPL-3.0-only' } }, 'GPL-3.0-only'],
        [{ expression: '(MIT AND SSPL-1.0)' }, '(MIT AND SSPL-1.0)'],
        [undefined, 'unknown'],
      ] as const
    ).map(
      ([licence, text]) =>
        [
          `a dependency under the licence ${text}`,
          () => write('sbom.json', { components: [component('bad', licence)] }),
          `licences: packages/new: its dependency bad@1.0.0 has the licence ${text}.`,
        ] as const,
    ),
  ];

  it.each(FAULTS)('is refused with %s', async (_what, seed, objection) => {
    seed();
    expect(await objections()).toContainEqual(expect.stringContaining(objection));
  });

  it('may be new, if a changeset names it', async () => {
    describeManifest({ version: '0.0.0' });
    write('.changeset/one.md', `---\n'@verified-mobile/browser': minor\n---\n\nWhat it is.\n`);
    expect(await objections()).toEqual([]);
  });

  it('may use what comes under a choice of allowed licences, and fill its budget', async () => {
    write('sbom.json', { components: [component('good', { expression: '(MIT OR Apache-2.0)' })] });
    tarballBytes = 750_000;
    expect(await objections()).toEqual([]);
  });
});

describe('packing', () => {
  const [NPM, PNPM] = ['/usr/lib/node_modules/npm/bin/npm-cli.js', '/usr/lib/node_modules/pnpm/bin/pnpm.cjs'];

  it.each([
    ['npm', 'npm/11.19.1 node/v20.20.2 linux x64', NPM],
    ['npm in a script of pnpm', 'pnpm/12.21.0 npm/? node/? linux x64', NPM],
    ['yarn', 'yarn/1.22.22 npm/? node/v20.20.2', '/usr/lib/node_modules/yarn/bin/yarn.js'],
    ['yarn in a script of pnpm', 'yarn/4.9.0 npm/? node/v20.20.2', PNPM],
    ['bun', 'bun/1.3.0 npm/?', '/usr/bin/bun'],
    ['nobody', '', ''],
  ])('is refused to %s, with the remedy', (_who, agent, program) => {
    const { status, stderr } = pack(agent, program);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^Pack and publish with pnpm \(npx -y pnpm@12 pack\): .+\n$/);
  });

  it.each([PNPM, '/home/me/.npm/_npx/1/node_modules/pnpm/pnpm', '/usr/local/bin/pnpm'])(
    'is open to pnpm: %s',
    (program) => {
      expect(pack('pnpm/12.21.0 npm/? node/? linux x64', program)).toMatchObject({ status: 0, stderr: '' });
    },
  );

  it("is refused to the npm that is here, whoever's script runs it", () => {
    const { status, stderr } = spawnSync('npm', ['pack', '--dry-run'], {
      cwd: join(ROOT, 'packages', 'koa'),
      env: { ...process.env, npm_config_user_agent: 'pnpm/12.21.0 npm/? node/? linux x64' },
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stderr).toContain('Pack and publish with pnpm');
  });
});

/** As the package manager that calls itself so would run the script. */
function pack(agent: string, program: string): { status: number | null; stderr: string } {
  return spawnSync(process.execPath, [join(ROOT, '.config', 'only-pnpm.js')], {
    env: { ...process.env, npm_config_user_agent: agent, npm_execpath: program },
    encoding: 'utf8',
  });
}

/** No zip makes it smaller, and it is the same each time. */
function randomText(length: number): string {
  let state = 1;
  return Array.from({ length }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return String.fromCharCode(97 + (state % 26));
  }).join('');
}
