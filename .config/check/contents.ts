import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Check, filesOf } from './packed.ts';

const UNWANTED = /(^|\/)(test|node_modules)\/|\.(tsbuildinfo|tgz)$|\.test\.[jt]s$|(^|\/)\.env/;

export const contents: Check = {
  name: 'contents',
  look: (packed, root) => {
    const { folder, at, manifest } = packed;
    const files = filesOf(packed);
    const licence = join(at, 'LICENSE');
    const isLicensed =
      existsSync(licence) && readFileSync(licence, 'utf8') === readFileSync(join(root, 'LICENSE'), 'utf8');
    const named = [manifest.main, manifest.types, ...Object.values(manifest.bin ?? {})].filter(
      (file) => file !== undefined,
    );
    return {
      objections: [
        ...(files.includes('README.md') ? [] : [`${folder}: the tarball has no README.md. Write one.`]),
        ...(isLicensed ? [] : [`${folder}: the tarball has not the LICENSE at the top. Copy it to ${folder}/LICENSE.`]),
        ...named
          .map((file) => file.replace(/^\.\//, ''))
          .filter((file) => !files.includes(file))
          .map((file) => `${folder}/package.json names ${file}, which is not in the tarball: add it to "files".`),
        ...files
          .filter((file) => UNWANTED.test(file))
          .map((file) => `${folder}: ${file} is in the tarball. Leave it out by "files" in ${folder}/package.json.`),
      ],
      note: `files: ${files.length}`,
    };
  },
};
