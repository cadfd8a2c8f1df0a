import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

/** For each folder of a package's `src`, the folders that it may import. Files beside the folders may import any. */
export type Layers = Readonly<Record<string, readonly string[]>>;

const SPECIFIER = /\bfrom '(\.[^']+)'|\bimport\('(\.[^']+)'\)/g;

/** The imports that a folder makes and may not, types included: `token/claims.ts imports guard`. */
export function forbiddenImports(source: URL, allowed: Layers): string[] {
  const root = fileURLToPath(source);
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return files.flatMap((file) => {
    const layer = layerOf(file);
    if (layer === undefined) return [];
    const text = readFileSync(join(root, file), 'utf8');
    const targets = [...text.matchAll(SPECIFIER)].map(([, fromPath, importPath]) =>
      normalize(join(dirname(file), fromPath ?? importPath ?? '')),
    );
    const foreign = new Set(targets.map((target) => layerOf(target) ?? target).filter((target) => target !== layer));
    return [...foreign]
      .filter((target) => !(allowed[layer] ?? []).includes(target))
      .map((target) => `${file} imports ${target}`);
  });
}

/** `undefined` for a file that lies beside the folders. */
function layerOf(file: string): string | undefined {
  const [first = '', ...rest] = file.split('/');
  return rest.length === 0 ? undefined : first;
}
