import { misconfigured } from '@verified-mobile/core/store';
import { readFileSync } from 'node:fs';

/** A value, or where it is kept: a variable of the environment, or a file. */
export type SettingSource = string | { readonly env: string } | { readonly file: string };

/**
 * The value, read once. The message of a refusal never holds it.
 *
 * @throws {VerifiedMobileError} `invalid_configuration`: it is empty, or not there
 */
export function readSource(name: string, source: unknown): string {
  const value = valueOf(name, source);
  if (value === '') throw misconfigured(`${name} is empty. Give it a value.`);
  return value;
}

function valueOf(name: string, source: unknown): string {
  if (typeof source === 'string') return source;
  if (typeof source === 'object' && source !== null && Object.keys(source).length === 1) {
    const { env, file } = source as { env?: unknown; file?: unknown };
    if (typeof env === 'string') return variable(name, env);
    if (typeof file === 'string') return contentOf(name, file);
  }
  throw misconfigured(`${name} must be a text, { env: 'VARIABLE' } or { file: '/path' }.`);
}

function variable(name: string, env: string): string {
  const value = process.env[env];
  if (value === undefined)
    throw misconfigured(`${name} is to be in the environment variable ${env}, which is not set.`);
  return value;
}

/** Without the line feed that editors put at the end. */
function contentOf(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw misconfigured(`${name} is to be in the file ${file}, which cannot be read (${code}).`);
  }
}
