import { readFileSync } from 'node:fs';
import { misconfigured } from './errors.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

/** `NAME`, or what is in the file `NAME_FILE`; an empty one is none. */
export function readSetting(variables: Variables, name: string): string | undefined {
  return readWholeSetting(variables, name)?.trim() || undefined;
}

/** The same character for character, for what is told by line and column; of an empty file an empty text. */
export function readWholeSetting(variables: Variables, name: string): string | undefined {
  const [value, path] = [variables[name], variables[`${name}_FILE`]?.trim()];
  if (!path) return value?.trim() ? value : undefined;
  if (value?.trim()) throw misconfigured(`Set ${name} or ${name}_FILE, not both.`);
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw misconfigured(`${name}_FILE names a file that cannot be read.`, { cause });
  }
}
