import { randomBytes } from 'node:crypto';
import type { Pepper } from '../setup/peppers.ts';
import {
  datesOf,
  parseRotation,
  readRotation,
  rotated,
  type RotationFile,
  type StoredSecret,
  writeRotation,
} from './rotation-file.ts';

interface StoredPepper extends StoredSecret {
  /** Base64. */
  readonly pepper: string;
}

const PEPPER_FILE: RotationFile<StoredPepper> = {
  secret: 'pepper',
  remedy: 'Make one with "verified-mobile-issuer peppers rotate <file>", or give one or two secrets in base64.',
};

/** Reads JSON of `peppers rotate`, or secrets in base64 with a comma between, of which the first one is used. */
export function readPeppers(text: string, name: string): Pepper[] {
  if (text.startsWith('[')) return load(parseRotation(text, name, PEPPER_FILE));
  return text.split(',').map((secret) => ({ secret: Buffer.from(secret.trim(), 'base64') }));
}

/** Adds a pepper that is accepted at once and used later, and retires the one before after that. */
export function rotatePepperFile(path: string, now: number): Pepper[] {
  const added: StoredPepper = { pepper: randomBytes(32).toString('base64') };
  const peppers = rotated(readRotation(path, PEPPER_FILE), added, now);
  writeRotation(path, peppers);
  return load(peppers);
}

function load(peppers: readonly StoredPepper[]): Pepper[] {
  return peppers.map((stored) => ({ secret: Buffer.from(stored.pepper, 'base64'), ...datesOf(stored, 'usedFrom') }));
}
