import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Check } from './packed.ts';

const UNRELEASED = '0.0.0';

export const changelog: Check = {
  name: 'changelog',
  look: ({ folder, at, manifest: { name, version = UNRELEASED } }, root) => {
    if (version === UNRELEASED) {
      const isPlanned = changesetsOf(root).some((text) => text.includes(`'${name}'`) || text.includes(`"${name}"`));
      if (isPlanned) return { objections: [], note: 'first release planned' };
      return {
        objections: [`${folder} has no release: run "npx changeset", name ${name}, and say what it is.`],
      };
    }
    const file = join(at, 'CHANGELOG.md');
    const hasEntry = existsSync(file) && readFileSync(file, 'utf8').split('\n').includes(`## ${version}`);
    return {
      objections: hasEntry
        ? []
        : [
            `${folder}: the tarball has no CHANGELOG.md with "## ${version}". Let "npx changeset version" write it, ` +
              `and name it in "files" of ${folder}/package.json.`,
          ],
      note: version,
    };
  },
};

function changesetsOf(root: string): string[] {
  const folder = join(root, '.changeset');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .map((file) => readFileSync(join(folder, file), 'utf8'));
}
