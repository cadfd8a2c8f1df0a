import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const APP = fileURLToPath(new URL('../next', import.meta.url));
const PACKAGES = fileURLToPath(new URL('../../../packages', import.meta.url));
/** Those of this repository that the app stands on. */
const OURS = ['core', 'redis'];

/** The app of this example in a folder of its own, with Next.js and with these packages as they would be published. */
export async function installApp(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'verified-mobile-next-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  await cp(APP, folder, { recursive: true });
  for (const name of OURS)
    await run(join(PACKAGES, name), 'npx', '-y', 'pnpm@12', '--silent', 'pack', '--pack-destination', folder);
  await nameTarballs(folder);
  await run(folder, 'npm', 'install', '--no-audit', '--no-fund');
  return folder;
}

export async function buildApp(folder: string): Promise<void> {
  await run(folder, 'npm', 'run', 'build');
}

export function startApp(folder: string, environment: NodeJS.ProcessEnv): ChildProcess {
  const next = join(folder, 'node_modules', 'next', 'dist', 'bin', 'next');
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', ...environment };
  return spawn(process.execPath, [next, 'start'], { cwd: folder, env, stdio: 'inherit' });
}

async function nameTarballs(folder: string): Promise<void> {
  const path = join(folder, 'package.json');
  const manifest = JSON.parse(await readFile(path, 'utf8')) as { dependencies: Record<string, string> };
  const tarballs = (await readdir(folder)).filter((file) => file.endsWith('.tgz'));
  const ours = Object.fromEntries(
    OURS.map((name) => [`@verified-mobile/${name}`, `file:${tarballs.find((file) => file.includes(`-${name}-`))}`]),
  );
  const dependencies = { ...manifest.dependencies, ...ours };
  await writeFile(path, JSON.stringify({ ...manifest, dependencies, overrides: ours }));
}

async function run(folder: string, command: string, ...args: string[]): Promise<void> {
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' };
  const [code] = (await once(spawn(command, args, { cwd: folder, env, stdio: 'inherit' }), 'exit')) as [number];
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}.`);
}
