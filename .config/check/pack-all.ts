import { execFile } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { manifestOf, type Member } from '../house/workspace.ts';
import type { Packed } from './packed.ts';

const run = promisify(execFile);

/** By the pnpm whose script this is: packs the packages with their own `prepack`, writes their bills of materials, and unpacks them below `into`. */
export async function packAll(root: string, members: readonly Member[], into: string): Promise<Packed[]> {
  const filters = members.flatMap(({ folder }) => ['--filter', `./${folder}`]);
  const pnpm = async (...words: string[]): Promise<unknown> =>
    run('pnpm', ['-r', ...filters, ...words], { cwd: root, maxBuffer: 2 ** 26 });
  await pnpm('pack', '--pack-destination', into);
  await pnpm('sbom', '--sbom-format', 'cyclonedx', '--prod', '--split', '--out', join(into, '%s-%v.cdx.json'));
  return Promise.all(members.map(async (member) => unpack(member, into)));
}

async function unpack({ folder, manifest: { name, version } }: Member, into: string): Promise<Packed> {
  const file = join(into, `${name.replace('@', '').replace('/', '-')}-${version}`);
  const parent = join(into, folder);
  mkdirSync(parent, { recursive: true });
  await run('tar', ['-xzf', `${file}.tgz`, '-C', parent]);
  // Every tarball of npm's holds one folder of this name.
  const at = join(parent, 'package');
  return {
    folder,
    at,
    tarballBytes: statSync(`${file}.tgz`).size,
    manifest: manifestOf(at),
    sbom: `${file}.cdx.json`,
  };
}
