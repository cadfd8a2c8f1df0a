import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';

/** A line of a sources list. The machine's own lists stay as they are. */
export const BOOKWORM_BACKPORTS = 'deb http://deb.debian.org/debian bookworm-backports main';

const found = new Map<string, boolean>();
/** Whether the lists of the machine's own sources have been fetched. */
let isUpToDate = false;

/**
 * Whether a server program is there for the tests, by its name on the path or as a file. On Debian, as root, it is
 * installed if it is missing; elsewhere its tests are skipped, loudly. With CI=true a missing server is a failure. The
 * other source is for a package that the machine's own sources do not have.
 */
export function hasProgram(program: string, debianPackage: string, otherSource?: string): boolean {
  const known = found.get(program);
  if (known !== undefined) return known;
  const isInstalled = (source?: string): boolean => install(debianPackage, source) && isThere(program);
  const here = isThere(program) || isInstalled() || (otherSource !== undefined && isInstalled(otherSource));
  found.set(program, here);
  if (here) return true;
  const message = `${program} is missing: install the package ${debianPackage}.`;
  if (process.env['CI'] === 'true') throw new Error(message);
  process.stderr.write(`\n=== SKIPPED: ${message} ===\n\n`);
  return false;
}

function isThere(program: string): boolean {
  if (isAbsolute(program)) return existsSync(program);
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}

function install(debianPackage: string, source?: string): boolean {
  if (process.getuid?.() !== 0 || !isThere('apt-get')) return false;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const folder = mkdtempSync(join(tmpdir(), 'apt-'));
  // Somebody else may be installing something on the same machine.
  const wait = ['-o', 'DPkg::Lock::Timeout=300', '-qq'];
  const careful = [...withoutServices(folder), ...withExamples(debianPackage)];
  const lists = source === undefined ? [] : listsOf(source, folder);
  try {
    if (source !== undefined || !isUpToDate)
      execFileSync('apt-get', [...wait, ...lists, 'update'], { env, stdio: 'ignore' });
    isUpToDate ||= source === undefined;
    execFileSync('apt-get', [...wait, ...lists, ...careful, 'install', '-y', debianPackage], { env, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The tests start servers of their own. One that a package starts would outlive them, and hold its usual port. */
function withoutServices(folder: string): string[] {
  const programs = join(folder, 'no-services');
  mkdirSync(programs);
  for (const starter of ['invoke-rc.d', 'deb-systemd-invoke'])
    writeFileSync(join(programs, starter), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  return ['-o', `DPkg::Path=${[programs, '/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(delimiter)}`];
}

/** Slim images leave out all documentation, and a package's examples with it. */
function withExamples(debianPackage: string): string[] {
  // With a longer pattern dpkg makes the folder of the examples, and not the one that it is in.
  return ['-o', `DPkg::Options::=--path-include=/usr/share/doc/${debianPackage}*`];
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
