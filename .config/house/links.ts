import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import GithubSlugger from 'github-slugger';

const UNREAD: ReadonlySet<string> = new Set(['node_modules', 'dist', '.git', 'coverage']);

/** Each link of each Markdown file that leads nowhere in this repository: a file, or a heading, that is not there. */
export function brokenLinks(root: string): string[] {
  return markdownFiles(root).flatMap((file) =>
    linksOf(readFileSync(join(root, file), 'utf8'))
      .filter((link) => !/^[a-z][a-z0-9+.-]*:|^\/\//i.test(link))
      .flatMap((link) => objectionTo(root, file, link) ?? []),
  );
}

/** Every Markdown file below a folder, as `packages/core/README.md`. */
export function markdownFiles(root: string, folder: string = root): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !UNREAD.has(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return markdownFiles(root, path);
      return entry.name.endsWith('.md') ? [relative(root, path)] : [];
    });
}

/** `[text](target)`, `[label]: target`, and the two attributes of HTML; none of those that stand in code. */
function linksOf(markdown: string): string[] {
  const text = withoutCode(markdown);
  const patterns = [
    /\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g,
    /^ {0,3}\[[^\]]+\]:\s+<?([^\s>]+)/gm,
    /(?:href|src)="([^"]+)"/g,
  ];
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1]!));
}

function objectionTo(root: string, file: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? join(root, file) : resolve(root, dirname(file), decodeURIComponent(path));
  if (relative(root, target).startsWith('..') || !existsSync(target)) {
    return `${file} links to ${link}, and there is no such file.`;
  }
  if (anchor === undefined) return undefined;
  const page = statSync(target).isDirectory() ? join(target, 'README.md') : target;
  if (existsSync(page) && anchorsOf(readFileSync(page, 'utf8')).has(anchor)) return undefined;
  return `${file} links to ${link}, and ${relative(root, page)} has no such heading.`;
}

function anchorsOf(markdown: string): ReadonlySet<string> {
  const slugger = new GithubSlugger();
  const headings = withoutFences(markdown)
    .split('\n')
    .flatMap((line) => /^ {0,3}#{1,6}\s+(.*?)(?:\s+#+)?\s*$/.exec(line)?.[1] ?? [])
    // What GitHub shows of it: the text of a link, and no ticks.
    .map((heading) => heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll(/[`*]/g, ''));
  const named = [...markdown.matchAll(/<a (?:id|name)="([^"]+)"/g)].map((match) => match[1]!);
  return new Set([...headings.map((heading) => slugger.slug(heading)), ...named]);
}

function withoutCode(markdown: string): string {
  return withoutFences(markdown).replaceAll(/(`+)[^`][\s\S]*?\1/g, '');
}

function withoutFences(markdown: string): string {
  return markdown.replaceAll(/^ *(```+|~~~+)[\s\S]*?^ *\1 *$/gm, '');
}
