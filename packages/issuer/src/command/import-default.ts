import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { misconfigured } from '../lib/errors.ts';
import { causeOf } from './away.ts';

/** The default export of a module of the operator's. `name` is the setting with its path. */
export async function importDefault(path: string, name: string): Promise<unknown> {
  try {
    return ((await import(pathToFileURL(resolve(path)).href)) as { default?: unknown }).default;
  } catch (cause) {
    throw misconfigured(`${name} names a module that cannot be loaded: ${path} (${causeOf(cause)}).`, { cause });
  }
}
