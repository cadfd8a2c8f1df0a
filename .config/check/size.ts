import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import type { Check, Packed } from './packed.ts';

/** Bytes of our own code, minified and gzipped, that an import of the entry loads. */
const BUDGETS: Readonly<Record<string, number>> = {
  '@verified-mobile/browser': 5000,
  '@verified-mobile/browser/hindi': 1000,
  '@verified-mobile/core': 16_000,
  '@verified-mobile/core/fetch': 15_000,
  '@verified-mobile/core/store': 1500,
};

/** No package needs more: what is larger holds something that nobody meant to publish. */
const TARBALL_BUDGET = 750_000;

export const size: Check = {
  name: 'size',
  look: async (packed) => {
    const { folder, tarballBytes, manifest } = packed;
    const entries = await Promise.all(
      Object.entries(manifest.exports ?? {})
        .map(([entry, target]) => ({ name: join(manifest.name, entry), file: fileOf(packed, target) }))
        // An entry that is no file is publint's to report.
        .filter(({ name, file }) => BUDGETS[name] !== undefined && existsSync(file))
        .map(async ({ name, file }) => ({ name, bytes: await bundledBytes(file), budget: BUDGETS[name]! })),
    );
    return {
      objections: [
        ...entries
          .filter(({ bytes, budget }) => bytes > budget)
          .map(
            ({ name, bytes, budget }) =>
              `${folder}: ${name} loads ${bytes} bytes, and its budget is ${budget}. Make it smaller, or raise the ` +
              'budget in .config/check/size.ts and say why.',
          ),
        ...(tarballBytes > TARBALL_BUDGET
          ? [
              `${folder}: the tarball has ${tarballBytes} bytes, and no package may have more than ${TARBALL_BUDGET}. ` +
                `Leave out by "files" in ${folder}/package.json what nobody needs.`,
            ]
          : []),
      ],
      note: [`tarball ${tarballBytes}`, ...entries.map(({ name, bytes, budget }) => `${name} ${bytes}/${budget}`)].join(
        ', ',
      ),
    };
  },
};

function fileOf({ at }: Packed, target: string | Readonly<Record<string, string>>): string {
  return join(at, typeof target === 'string' ? target : (target['default'] ?? ''));
}

async function bundledBytes(file: string): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    platform: 'neutral',
    packages: 'external',
    external: ['node:*'],
    logLevel: 'silent',
  });
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
}
