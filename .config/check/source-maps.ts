import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { type Check, filesOf, type Packed } from './packed.ts';

export const sourceMaps: Check = {
  name: 'source maps',
  look: (packed) => {
    const files = new Set(filesOf(packed));
    const maps = [...files].filter((file) => file.endsWith('.map'));
    const built = [...files].filter((file) => /^dist\/.*\.(js|d\.ts)$/.test(file));
    return {
      objections: [
        ...maps.flatMap((map) => objectionsToMap(packed, map, files)),
        ...built
          .filter((file) => !files.has(`${file}.map`))
          .map((file) => `${packed.folder}: ${file} has no source map in the tarball. Build it by tsc -b.`),
      ],
      note: `maps: ${maps.length}`,
    };
  },
};

function objectionsToMap({ folder, at }: Packed, map: string, files: ReadonlySet<string>): string[] {
  const { sources, sourceRoot = '' } = JSON.parse(readFileSync(join(at, map), 'utf8')) as {
    sources: string[];
    sourceRoot?: string;
  };
  return sources
    .map((source) => posix.join(posix.dirname(map), sourceRoot, source))
    .filter((source) => !files.has(source))
    .map(
      (source) =>
        `${folder}: ${map} points to ${source}, which is not in the tarball. Remove what an older build left in ` +
        `${folder}/dist, or add the source to "files".`,
    );
}
