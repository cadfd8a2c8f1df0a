import type { Member } from './workspace.ts';

const SCOPE = '@verified-mobile/';

/** The arrows and the lone packages of a Mermaid diagram in Markdown, a line for each, sorted. */
export function drawnArrows(markdown: string): string[] {
  const diagram = /^```mermaid\nflowchart [A-Z]{2}\n([\s\S]*?)^```$/m.exec(markdown)?.[1];
  if (diagram === undefined) throw new Error('There is no flowchart. Draw one in a block that begins with ```mermaid.');
  return diagram
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .toSorted();
}

/** The same, by what the public packages depend on. */
export function realArrows(members: readonly Member[]): string[] {
  const packages = members.filter(({ manifest }) => manifest.private !== true);
  const arrows = packages.flatMap(({ manifest }) =>
    Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
      .filter((dependency) => dependency.startsWith(SCOPE))
      .map((dependency) => `${short(manifest.name)} --> ${short(dependency)}`),
  );
  const drawn = new Set(arrows.flatMap((arrow) => arrow.split(' --> ')));
  const lone = packages.map(({ manifest }) => short(manifest.name)).filter((name) => !drawn.has(name));
  return [...arrows, ...lone].toSorted();
}

function short(name: string): string {
  return name.replace(SCOPE, '');
}
