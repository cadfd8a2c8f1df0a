import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { objectionsToMetadata } from './metadata.ts';
import { manifestOf, type Member, typeCheckedProjects } from './workspace.ts';

/** What a package or an example still lacks, each with the remedy; empty if it is whole. */
export function objectionsTo(root: string, member: Member): string[] {
  return [
    ...objectionsToTypeCheck(root, member),
    ...objectionsToReadme(root, member),
    ...objectionsToManifest(root, member),
    ...objectionsToExports(root, member),
    ...(member.manifest.private === true ? [] : objectionsToPackage(root, member)),
  ];
}

function objectionsToTypeCheck(root: string, { folder }: Member): string[] {
  const checked = typeCheckedProjects(root);
  return projectsOf(root, folder)
    .filter((project) => !checked.has(project))
    .map((project) => `${project} is not type-checked: add it to the references of .config/tsconfig.json.`);
}

/** Those that there are, and those that there must be. */
function projectsOf(root: string, folder: string): string[] {
  const tests = existsSync(join(root, folder, 'test'))
    ? ['test/tsconfig.json', ...projectsBelow(root, `${folder}/test`)]
    : [];
  return [...new Set(['tsconfig.json', ...tests])].map((project) => `${folder}/${project}`);
}

function projectsBelow(root: string, folder: string): string[] {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  const own = files.filter((file) => !file.split(sep).includes('node_modules'));
  return own.filter((file) => file.endsWith('tsconfig.json')).map((file) => `test/${file}`);
}

function objectionsToReadme(root: string, { folder, manifest }: Member): string[] {
  const title = folder.startsWith('packages/') ? manifest.name : folder.slice('examples/'.length);
  const readme = join(root, folder, 'README.md');
  if (existsSync(readme) && readFileSync(readme, 'utf8').startsWith(`# ${title}\n`)) return [];
  return [`${folder}/README.md must begin with "# ${title}" and say what it is.`];
}

/** A package that another one needs for its tests only is named, with its version, in what that one ships. */
function objectionsToManifest(root: string, { folder, manifest }: Member): string[] {
  if (!folder.startsWith('packages/')) return [];
  const engines = manifestOf(root).engines?.node;
  return [
    ...(manifest.version === undefined
      ? [`${folder}/package.json needs a version: no package that names it can be packed.`]
      : []),
    ...(manifest.private === true || manifest.engines?.node === engines
      ? []
      : [`${folder}/package.json must have the engines.node of the package.json at the top: ${engines}.`]),
  ];
}

function objectionsToExports(root: string, { folder, manifest }: Member): string[] {
  return [
    ...Object.values(manifest.exports ?? {}),
    ...[manifest.main, manifest.types].filter((file) => file !== undefined),
  ]
    .flatMap((target) => (typeof target === 'string' ? [target] : Object.values(target)))
    .flatMap((target) => expand(root, folder, target))
    .filter((target) => !existsSync(join(root, folder, target)))
    .map((target) => `${folder}: exports names ${target}, which is no file. Build it, or correct the name.`);
}

/** A `*` stands for every file of `src`. */
function expand(root: string, folder: string, target: string): string[] {
  if (!target.includes('*')) return [target];
  const names = readdirSync(join(root, folder, 'src')).map((file) => file.replace(/\.ts$/, ''));
  return names.map((name) => target.replace('*', name));
}

/** What every registry shows and every tarball holds. */
function objectionsToPackage(root: string, { folder, manifest }: Member): string[] {
  const licence = join(root, folder, 'LICENSE');
  const isLicensed =
    existsSync(licence) && readFileSync(licence, 'utf8') === readFileSync(join(root, 'LICENSE'), 'utf8');
  return [
    ...(isLicensed ? [] : [`${folder}/LICENSE must be a copy of the LICENSE at the top: npm ships no other.`]),
    ...objectionsToMetadata(folder, manifest, manifestOf(root)),
  ];
}
