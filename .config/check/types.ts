import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkPackage, Package, type Problem } from '@arethetypeswrong/core';
import { filterProblems, problemKindInfo } from '@arethetypeswrong/core/problems';
import { type Check, filesOf, type Packed } from './packed.ts';

/** The tool's own profile "esm-only": CommonJS reaches these packages by Node's `require` of ES modules. */
const RESOLUTIONS = ['node16-esm', 'bundler'] as const;

export const types: Check = {
  name: 'types',
  look: async (packed) => {
    const analysis = await checkPackage(packageOf(packed), { entrypoints: modulesOf(packed) });
    if (analysis.types === false) {
      return {
        objections: [`${packed.folder}/package.json leads to no types: add "types" to each entry of "exports".`],
      };
    }
    const problems = RESOLUTIONS.flatMap((resolutionKind) => filterProblems(analysis, { resolutionKind }));
    return {
      objections: [...new Set(problems.map((problem) => objectionTo(packed, problem)))],
      note: `entries: ${modulesOf(packed).length}`,
    };
  },
};

function objectionTo({ folder, manifest }: Packed, problem: Problem): string {
  const { title, docsUrl } = problemKindInfo[problem.kind];
  const entry = 'entrypoint' in problem ? join(manifest.name, problem.entrypoint) : manifest.name;
  return `${folder}/package.json: are-the-types-wrong says of ${entry}: ${title}. The remedy is in ${docsUrl}`;
}

/** The entries that one imports. Others are files, such as a schema. */
function modulesOf({ manifest }: Packed): string[] {
  return Object.entries(manifest.exports ?? {})
    .filter(([, target]) => typeof target !== 'string')
    .map(([entry]) => entry);
}

function packageOf(packed: Packed): Package {
  const { name, version = '' } = packed.manifest;
  const files = filesOf(packed).map((file) => [
    `/node_modules/${name}/${file}`,
    readFileSync(join(packed.at, file), 'utf8'),
  ]);
  return new Package(Object.fromEntries(files) as Record<string, string>, name, version);
}
