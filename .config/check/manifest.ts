import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Check } from './packed.ts';

/** No registry knows these: what names them cannot be installed. */
const OURS_ALONE = /"(workspace|catalog|link|file):[^"]*"/;

export const manifest: Check = {
  name: 'manifest',
  look: ({ folder, at, manifest: { scripts = {} } }) => {
    const lines = readFileSync(join(at, 'package.json'), 'utf8').split('\n');
    const unknown = lines.filter((line) => OURS_ALONE.test(line));
    const hooks = Object.keys(scripts).filter((name) => /^(pre|post)?install$|^prepare$/.test(name));
    return {
      objections: [
        ...unknown.map(
          (line) =>
            `${folder}/package.json is packed with ${line.trim()}, which cannot be installed: pack it with pnpm, ` +
            'and name a version in the catalog of pnpm-workspace.yaml.',
        ),
        ...hooks.map(
          (name) => `${folder}/package.json has a script "${name}", which runs on its user's machine: remove it.`,
        ),
      ],
    };
  },
};
