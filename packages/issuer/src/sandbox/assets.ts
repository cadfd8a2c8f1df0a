import { readFileSync } from 'node:fs';

/** A file of `assets/sandbox`. That folder is as far from `src` as from `dist`. */
export function readAsset(name: string): string {
  return readFileSync(new URL(`../../assets/sandbox/${name}`, import.meta.url), 'utf8');
}

/** Puts each value in the place of its `{{name}}`, as it is: the caller quotes or escapes it. */
export function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`An asset of the sandbox has a place {{${name}}} that nothing fills.`);
    return value;
  });
}
