import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { drawnArrows, realArrows } from './picture.ts';
import { manifestOf, type Member, membersOf, ROOT } from './workspace.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const MEMBERS = membersOf(ROOT);
const PACKAGES = MEMBERS.filter(({ manifest }) => manifest.private !== true);
const DOCUMENTS = ['CONTRIBUTING', 'ARCHITECTURE', 'SECURITY', 'pull_request_template'].map(
  (name) => `.github/${name}.md`,
);

/** What stands in ticks and looks like a path of this repository. */
function pathsIn(markdown: string): string[] {
  return [
    ...markdown.matchAll(/`((?:packages|examples|\.config|\.github|\.ci|\.changeset)\/[^`\s]*|\.[\w.]+\.json)`/g),
  ].map((match) => match[1]!);
}

/** The scripts that a command of pnpm names. */
function scriptsIn(markdown: string): string[] {
  return [...markdown.matchAll(/pnpm@12 (?:run )?([a-z:]+)/g)]
    .map((match) => match[1]!)
    .filter((name) => name !== 'install');
}

function member(name: string, rest: object = {}): Member {
  return { folder: `packages/${name}`, manifest: { name: `@verified-mobile/${name}`, ...rest } };
}

describe('the picture of the house', () => {
  it('has every public package, and the arrows of each package.json', () => {
    expect(drawnArrows(read('.github/ARCHITECTURE.md'))).toEqual(realArrows(MEMBERS));
  });

  it('is stale as soon as a package, a dependency or a peer is new', () => {
    const before = [
      member('core'),
      member('koa', { dependencies: { '@verified-mobile/core': 'workspace:^', koa: '3' } }),
    ];
    expect(realArrows(before)).toEqual(['koa --> core']);
    expect(realArrows([...before, member('smpp', { peerDependencies: { '@verified-mobile/koa': '*' } })])).toEqual([
      'koa --> core',
      'smpp --> koa',
    ]);
    expect(realArrows([...before, member('browser'), member('bench', { private: true })])).toEqual([
      'browser',
      'koa --> core',
    ]);
  });

  it('must be there', () => {
    expect(() => drawnArrows('# Architecture\n')).toThrow('There is no flowchart');
  });
});

describe('the pages for those who carry on', () => {
  it.each(DOCUMENTS)('name only paths that are there, and scripts that run: %s', (document) => {
    const text = read(document);
    expect(pathsIn(text).filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    const { scripts = {} } = manifestOf(ROOT);
    expect(scriptsIn(text).filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  it('find a path, a file at the top and a script, and nothing else', () => {
    const text =
      'In `packages/koa/src`, `.oxlintrc.json` and `validate`: `npx -y pnpm@12 run lint`, `npx -y pnpm@12 install`.';
    expect(pathsIn(text)).toEqual(['packages/koa/src', '.oxlintrc.json']);
    expect(scriptsIn(text)).toEqual(['lint']);
  });

  it('name each suite where it is exported', () => {
    const suites = [...read('.github/CONTRIBUTING.md').matchAll(/`(describe\w+)` in `([^`]+)`/g)];
    expect(suites.map((match) => match[1])).toEqual([
      'describeGuardAdapter',
      'describeReplayStore',
      'describeOtpStore',
    ]);
    for (const [, name, path] of suites) expect(read(path!)).toContain(`export function ${name}`);
  });

  it('say which package knows what, for all of them', () => {
    const rows = /^\| package [\s\S]*?\n\n/m.exec(read('.github/ARCHITECTURE.md'))![0].trim().split('\n').slice(2);
    const names = rows.flatMap((row) =>
      row
        .split('|')[1]!
        .replaceAll(/\]\([^)]*\)|\[/g, '')
        .trim()
        .split(' '),
    );
    expect(names.toSorted()).toEqual(PACKAGES.map(({ folder }) => folder.replace('packages/', '')).toSorted());
  });

  it('say which Node.js is supported, as package.json does', () => {
    expect(read('.github/SECURITY.md')).toContain(`\`${manifestOf(ROOT).engines?.node}\``);
  });

  it('say that all packages share one version, and they do, but for those that wait for their first release', () => {
    expect(read('.github/SECURITY.md')).toContain('All packages share one version.');
    const versions = new Set(PACKAGES.map(({ manifest }) => manifest.version).filter((version) => version !== '0.0.0'));
    expect([...versions]).toHaveLength(1);
    expect(JSON.parse(read('.changeset/config.json'))).toMatchObject({ fixed: [['@verified-mobile/*']] });
  });

  it('stand beside a README that lists every public package', () => {
    const text = read('README.md');
    for (const { folder, manifest } of PACKAGES) expect(text).toContain(`[\`${manifest.name}\`](${folder})`);
  });
});

describe('the workflows', () => {
  const WORKFLOWS = readdirSync(join(ROOT, '.github/workflows'));

  it.each(WORKFLOWS)('take each action by the hash of a commit, with its version beside it: %s', (file) => {
    const uses = read(`.github/workflows/${file}`)
      .split('\n')
      .filter((line) => line.includes('uses:'));
    expect(uses.length).toBeGreaterThan(0);
    for (const line of uses) expect(line).toMatch(/uses: [\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it.each(WORKFLOWS)('begin without permissions to write: %s', (file) => {
    expect(read(`.github/workflows/${file}`)).toMatch(/^permissions:( \{\}|\n {2}contents: read)$/m);
  });

  it('run what every change must pass, and nothing else', () => {
    const runs = [...read('.github/workflows/ci.yml').matchAll(/- run: (.*)$/gm)].map((match) => match[1]);
    expect(runs).toEqual(['.ci/run']);
    expect(read('.ci/run')).toContain('pnpm@12 run check');
  });

  it('publish what was checked, with provenance and a bill of materials', () => {
    const text = read('.github/workflows/release.yml');
    expect(text).toContain('id-token: write');
    expect(text.indexOf('pnpm@12 run check')).toBeLessThan(text.indexOf('run release:publish'));
    const { scripts = {} } = manifestOf(ROOT);
    expect(scripts['release:publish']).toContain('publish --provenance');
    expect(scriptsIn(text).filter((name) => scripts[name] === undefined)).toEqual([]);
    expect(text).toContain('pnpm@12 run release:sbom');
  });
});
