import { readFileSync } from 'node:fs';
import { misconfigured } from './errors.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

/** `NAME`, or what is in the file `NAME_FILE`; an empty one is none. */
export function readSetting(variables: Variables, name: string): string | undefined {
  const [value, path] = [variables[name]?.trim(), variables[`${name}_FILE`]?.trim()];
  if (!path) return value || undefined;
  if (value) throw misconfigured(`Set ${name} or ${name}_FILE, not both.`);
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch (cause) {
    throw misconfigured(`${name}_FILE names a file that cannot be read.`, { cause });
  }
}
