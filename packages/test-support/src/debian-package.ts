import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A line of a sources list. The machine's own lists stay as they are. */
export const BOOKWORM_BACKPORTS = 'deb http://deb.debian.org/debian bookworm-backports main';

const found = new Map<string, boolean>();

/**
 * Whether a server program is there for the tests. On Debian, as root, it is installed if it is missing; elsewhere its
 * tests are skipped, loudly. With CI=true a missing server is a failure. The other source is for a package that the
 * machine's own sources do not have.
 */
export function hasProgram(program: string, debianPackage: string, otherSource?: string): boolean {
  const known = found.get(program);
  if (known !== undefined) return known;
  const isInstalled = (source?: string): boolean => install(debianPackage, source) && isOnPath(program);
  const here = isOnPath(program) || isInstalled() || (otherSource !== undefined && isInstalled(otherSource));
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

function install(debianPackage: string, source?: string): boolean {
  if (process.getuid?.() !== 0 || !isOnPath('apt-get')) return false;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const folder = mkdtempSync(join(tmpdir(), 'apt-'));
  // Somebody else may be installing something on the same machine.
  const wait = ['-o', 'DPkg::Lock::Timeout=300', '-qq'];
  const lists = source === undefined ? [] : listsOf(source, folder);
  try {
    execFileSync('apt-get', [...wait, ...lists, 'update'], { env, stdio: 'ignore' });
    execFileSync('apt-get', [...wait, ...lists, 'install', '-y', debianPackage], { env, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function listsOf(source: string, folder: string): string[] {
  const [file, lists] = [join(folder, 'sources.list'), join(folder, 'lists')];
  mkdirSync(join(lists, 'partial'), { recursive: true });
  writeFileSync(file, `${source}\n`);
  const settings = [
    `Dir::Etc::sourcelist=${file}`,
    'Dir::Etc::sourceparts=-',
    `Dir::State::lists=${lists}`,
    'Dir::Cache::pkgcache=',
    'Dir::Cache::srcpkgcache=',
  ];
  return settings.flatMap((setting) => ['-o', setting]);
}
