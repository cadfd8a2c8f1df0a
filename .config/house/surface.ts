import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';
import type { Member } from './workspace.ts';

const SOURCE = '@verified-mobile/source';

/** What a package exports, a line for each name: the entry, whether it is a value or only a type, and the name. */
export function surfaceOf(root: string, { folder, manifest }: Member): string {
  const lines = Object.entries(manifest.exports ?? {}).flatMap(([entry, target]) => {
    const source = typeof target === 'string' ? undefined : target[SOURCE];
    if (source === undefined) return [`${entry} file`];
    return exportsOf(join(root, folder, source))
      .map(({ name, isType }) => `${entry} ${isType ? 'type ' : 'value'} ${name}`)
      .toSorted();
  });
  return `${lines.join('\n')}\n`;
}

function exportsOf(file: string): { name: string; isType: boolean }[] {
  const { module, errors } = parseSync(file, readFileSync(file, 'utf8'));
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const entries = module.staticExports.flatMap((statement) => statement.entries);
  return entries.map(({ exportName, isType }) => {
    // `export * from` would export whatever the other file comes to export.
    if (exportName.name === null) throw new Error(`${file} exports names that it does not list.`);
    return { name: exportName.name, isType };
  });
}
