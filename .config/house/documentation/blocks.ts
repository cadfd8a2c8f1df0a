import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A fenced block of a Markdown file. */
export interface CodeBlock {
  /** `packages/core/docs/queues.md` */
  readonly file: string;
  /** The line of its fence, from 1. */
  readonly line: number;
  readonly language: string;
  /** What stands behind the language: the name of a file that the reader is to write. */
  readonly name: string;
  readonly code: string;
}

const PAGES = ['packages/core/docs', 'packages/core/guides'];
const READMES = ['core', 'express', 'koa', 'fastify', 'hono', 'redis', 'postgres'].map(
  (name) => `packages/${name}/README.md`,
);

/** The documentation of the guard: the README at the top, those of its packages, and the pages. */
export function documents(root: string): string[] {
  const pages = PAGES.flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  );
  return ['README.md', ...READMES, ...pages];
}

export function blocksOf(root: string, file: string): CodeBlock[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/^```(\w+)(?: (\S+))?\n([^]*?)^```$/gm)].map((match) => {
    const [, language = '', name = '', code = ''] = match;
    return { file, line: text.slice(0, match.index).split('\n').length, language, name, code };
  });
}
