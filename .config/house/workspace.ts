import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds everything. */
export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url));

/** A package or an example, and what its package.json says. */
export interface Member {
  /** `packages/core` */
  readonly folder: string;
  readonly manifest: Manifest;
}

export interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly private?: boolean;
  readonly engines?: { readonly node?: string };
  readonly main?: string;
  readonly types?: string;
  readonly bin?: Readonly<Record<string, string>>;
  readonly license?: string;
  readonly keywords?: readonly string[];
  readonly homepage?: string;
  readonly bugs?: string;
  readonly author?: string;
  readonly repository?: { readonly type: string; readonly url: string; readonly directory?: string };
  readonly publishConfig?: { readonly access?: string };
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

/** Everything below `packages` and `examples`, as pnpm-workspace.yaml names them. */
export function membersOf(root: string): Member[] {
  return ['packages', 'examples'].flatMap((group) =>
    readdirSync(join(root, group), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => ({
        folder: `${group}/${name}`,
        manifest: manifestOf(join(root, group, name)),
      })),
  );
}

export function manifestOf(folder: string): Manifest {
  return readJson(join(folder, 'package.json')) as Manifest;
}

/** The projects that `tsc -b .config/tsconfig.json` checks, from reference to reference. */
export function typeCheckedProjects(root: string): ReadonlySet<string> {
  const projects = new Set<string>();
  const visit = (path: string): void => {
    const config = path.endsWith('.json') ? path : join(path, 'tsconfig.json');
    const name = relative(root, config);
    if (projects.has(name) || !existsSync(config)) return;
    projects.add(name);
    const { references = [] } = readJson(config) as { references?: { path: string }[] };
    for (const reference of references) visit(resolve(dirname(config), reference.path));
  };
  visit(join(root, '.config', 'tsconfig.json'));
  return projects;
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}
