import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const found = new Map<string, boolean>();

/**
 * Whether a server program is there for the tests. On Debian, as root, it is installed if it is missing; elsewhere its
 * tests are skipped, loudly. With CI=true a missing server is a failure.
 */
export function hasProgram(program: string, debianPackage: string): boolean {
  const known = found.get(program);
  if (known !== undefined) return known;
  const here = isOnPath(program) || (install(debianPackage) && isOnPath(program));
  found.set(program, here);
  if (here) return true;
  const message = `${program} is missing: install the package ${debianPackage}.`;
  if (process.env['CI'] === 'true') throw new Error(message);
  process.stderr.write(`\n=== SKIPPED: ${message} ===\n\n`);
  return false;
}

function isOnPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}

function install(debianPackage: string): boolean {
  if (process.getuid?.() !== 0 || !isOnPath('apt-get')) return false;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // Somebody else may be installing something on the same machine.
  const wait = ['-o', 'DPkg::Lock::Timeout=300', '-qq'];
  try {
    execFileSync('apt-get', [...wait, 'update'], { env, stdio: 'ignore' });
    execFileSync('apt-get', [...wait, 'install', '-y', debianPackage], { env, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
