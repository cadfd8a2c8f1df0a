import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { membersOf } from '../workspace.ts';
import type { CodeBlock } from './blocks.ts';

/** The commands of a block, each on one line, without comments and without the variables before them. */
export function commandsOf({ code }: CodeBlock): string[] {
  return code
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .flatMap((line) => line.replace(/\s+#.*$/, '').split(' && '))
    .map((command) =>
      command
        .replace(/^(?:[A-Z_]+=\S+\s+)+/, '')
        .replace(/ &$/, '')
        .trim(),
    )
    .filter((command) => command !== '');
}

interface Kind {
  readonly pattern: RegExp;
  /** Why the command cannot stand; `undefined` if it may. */
  readonly objection: (root: string, argument: string) => string | undefined;
}

const KINDS: readonly Kind[] = [
  { pattern: /^npx -y pnpm@12 (?:run )?([\w:-]+)(?: --once)?$/, objection: objectionToScript },
  { pattern: /^npx -y pnpm@12 --filter \.\/examples\/([\w-]+) start$/, objection: objectionToExample },
  { pattern: /^npm install (?:--save-dev )?(.+)$/, objection: objectionToPackages },
  // Files of the page itself, which a test writes and runs.
  { pattern: /^node ([\w-]+\.js)$/, objection: () => undefined },
  { pattern: /^npm (init -y|pkg set type=module)$/, objection: () => undefined },
  { pattern: /^npx (jest)$/, objection: () => undefined },
  // The issuer's own command, whose README has tests of its own.
  { pattern: /^(?:alias )?(verified-mobile-issuer)\b/, objection: () => undefined },
  { pattern: /^(export) ISSUER_/, objection: () => undefined },
];

/** What is wrong with a command of the documentation; `undefined` if it is of a known kind, and all that it names is there. */
export function objectionToCommand(root: string, command: string): string | undefined {
  for (const { pattern, objection } of KINDS) {
    const argument = pattern.exec(command)?.[1];
    if (argument !== undefined) return objection(root, argument);
  }
  return `"${command}" is no kind of command that .config/house/documentation/commands.ts knows.`;
}

function objectionToScript(root: string, name: string): string | undefined {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
  return Object.hasOwn(scripts, name) ? undefined : `package.json has no script "${name}".`;
}

function objectionToExample(root: string, name: string): string | undefined {
  const isThere = membersOf(root).some(({ folder }) => folder === `examples/${name}`);
  return isThere ? undefined : `There is no example "${name}".`;
}

function objectionToPackages(root: string, list: string): string | undefined {
  const ours = new Set(membersOf(root).map(({ manifest }) => manifest.name));
  const unknown = list.split(' ').filter((name) => name.startsWith('@verified-mobile/') && !ours.has(name));
  return unknown.length === 0 ? undefined : `There is no package ${unknown.join(', ')}.`;
}
