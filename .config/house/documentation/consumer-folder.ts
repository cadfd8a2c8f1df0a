import { existsSync, mkdirSync, mkdtempSync, realpathSync, symlinkSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { membersOf, ROOT } from '../workspace.ts';

/** A folder in which these packages are installed, as in that of a reader: ours as they are built, all others as they are here. */
export function consumerFolder(packages: Iterable<string>): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'documentation-'));
  for (const name of packages) {
    const at = join(folder, 'node_modules', name);
    mkdirSync(dirname(at), { recursive: true });
    symlinkSync(placeOf(name), at);
  }
  return folder;
}

/** The packages that a piece of code imports, with those that hold their types. */
export function packagesIn(code: string): string[] {
  const specifiers = [...code.matchAll(/(?:from|import|require\() ?'([^'.][^']*)'/g)].map((match) => match[1]!);
  const names = specifiers
    .filter((specifier) => !specifier.startsWith('node:') && !builtinModules.includes(specifier))
    .map((specifier) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)![0]);
  const types = names.map((name) => `@types/${name.replace(/^@(.+)\//, '$1__')}`);
  return [...new Set([...names, ...types.filter((name) => findPlace(name) !== undefined)])];
}

function placeOf(name: string): string {
  const place = findPlace(name);
  if (place !== undefined) return place;
  throw new Error(`The documentation names the package ${name}, which no package or example of this repository uses.`);
}

function findPlace(name: string): string | undefined {
  const members = membersOf(ROOT);
  const ours = members.find(({ manifest }) => manifest.name === name);
  if (ours !== undefined) return join(ROOT, ours.folder);
  const places = ['', ...members.map(({ folder }) => folder)].map((folder) => join(ROOT, folder, 'node_modules', name));
  const place = places.find((path) => existsSync(path));
  return place && realpathSync(place);
}
