import { createHash } from 'node:crypto';
import { misconfigured } from '../lib/errors.ts';
import { loadPeppers, type Pepper } from '../setup/peppers.ts';
import { describeRotation, readFile, say } from './keys.ts';
import { readPeppers, rotatePepperFile } from './pepper-file.ts';

/** `peppers rotate <file>` and `peppers list <file>`. */
export function runPeppers([action, path]: readonly string[]): number {
  if (path === undefined || (action !== 'rotate' && action !== 'list')) {
    throw misconfigured('Usage: verified-mobile-issuer peppers rotate <file>, or peppers list <file>.');
  }
  const now = Date.now();
  if (action === 'list') return say(describePeppers(readPeppers(readFile(path), path), now));
  const peppers = rotatePepperFile(path, now);
  return say(
    describePeppers(peppers, now),
    'Copy the file to every node, then send each SIGHUP: within ten minutes.\n',
  );
}

/** The beginning of its hash: the secret itself is not for a terminal. */
function nameOf({ secret }: Pick<Pepper, 'secret'>): string {
  return createHash('sha256').update(secret).digest('base64url').slice(0, 8);
}

function describePeppers(peppers: readonly Pepper[], now: number): string {
  return describeRotation(loadPeppers(peppers), now, nameOf, 'is used');
}
