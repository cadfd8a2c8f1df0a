import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The rooms of a package's `src`, folders and the files beside them, from the outside in: each stage may import the
 * stages below it. Rooms of one stage do not know each other.
 */
export type Stages = readonly (readonly string[])[];

/** The text of every file, by its path below `src`. */
export type Sources = ReadonlyMap<string, string>;

export function readSources(src: URL): Sources {
  const folder = fileURLToPath(src);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return new Map(files.map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
}

/** The rooms that have no place in the order, and the places that have no room. */
export function misplacedRooms(sources: Sources, stages: Stages): string[] {
  const [rooms, places] = [new Set([...sources.keys()].map(roomOf)), new Set(stages.flat())];
  return [...rooms].filter((room) => !places.has(room)).concat([...places].filter((place) => !rooms.has(place)));
}

/** Every import, types included, that goes from one room to another which it must not know. */
export function wrongImports(sources: Sources, stages: Stages): string[] {
  return [...sources].flatMap(([file, text]) =>
    importsOf(text)
      .filter(({ name }) => name.startsWith('.'))
      .map(({ name }) => targetOf(file, name))
      .filter((target) => roomOf(target) !== roomOf(file))
      .filter((target) => !roomsBelow(roomOf(file), stages).includes(roomOf(target)))
      .map((target) => `${file} imports ${target}`),
  );
}

/** The packages that loading a file loads, with those of all that it imports. */
export function packagesOf(file: string, sources: Sources, seen: Set<string> = new Set()): string[] {
  if (seen.has(file)) return [];
  seen.add(file);
  return importsOf(sources.get(file) ?? '')
    .filter(({ isType }) => !isType)
    .flatMap(({ name }) => (name.startsWith('.') ? packagesOf(targetOf(file, name), sources, seen) : [name]));
}

/** `store` of `store/memory/tables.ts`; `ledger` of `ledger.ts`. */
function roomOf(file: string): string {
  return (file.split('/')[0] ?? '').replace(/\.ts$/, '');
}

function roomsBelow(room: string, stages: Stages): readonly string[] {
  const stage = stages.findIndex((rooms) => rooms.includes(room));
  return stage === -1 ? [] : stages.slice(stage + 1).flat();
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
