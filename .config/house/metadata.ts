import type { Manifest } from './workspace.ts';

const PREPACK = 'node ../../.config/only-pnpm.js && tsc -b';

/** What a public package.json says of its origin: the same in every package, by the package.json at the top. */
export function objectionsToMetadata(folder: string, manifest: Manifest, top: Manifest): string[] {
  const site = top.homepage?.replace('#readme', '');
  const expected = {
    license: top.license,
    author: top.author,
    bugs: top.bugs,
    homepage: `${site}/tree/main/${folder}#readme`,
    repository: { ...top.repository, directory: folder },
    publishConfig: { access: 'public' },
  };
  const wrong = Object.entries(expected).filter(
    ([field, value]) => JSON.stringify(manifest[field as keyof Manifest]) !== JSON.stringify(value),
  );
  const peers = Object.keys(manifest.peerDependencies ?? {}).filter((name) => name.startsWith('@verified-mobile/'));
  return [
    ...peers.map(
      (name) =>
        `${folder}/package.json must name ${name} in "dependencies": as a peer it makes each minor version of all packages a major one.`,
    ),
    ...wrong.map(([field, value]) => `${folder}/package.json must have "${field}": ${JSON.stringify(value)}.`),
    ...((manifest.keywords ?? []).length > 0
      ? []
      : [`${folder}/package.json needs "keywords": the words by which one would look for it.`]),
    ...(manifest.scripts?.['prepack'] === PREPACK
      ? []
      : [
          `${folder}/package.json must have the script "prepack": "${PREPACK}", which builds, and refuses npm and yarn.`,
        ]),
  ];
}
