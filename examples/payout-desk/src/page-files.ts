import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** As far from `src` as from `dist`. */
const PAGE = new URL('../page/', import.meta.url);
const BROWSER_PACKAGE = new URL('.', import.meta.resolve('@verified-mobile/browser'));

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/** Nothing of another place, nothing inline, and no markup made of text. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** A file of the page. */
export const pageFile = (name: string): Response | undefined => fileIn(PAGE, name);

/** A module of the package that the customer's browser runs, as it was built. */
export const browserModule = (name: string): Response | undefined => fileIn(BROWSER_PACKAGE, name);

function fileIn(folder: URL, name: string): Response | undefined {
  const type = TYPES[name.split('.').at(-1) ?? ''];
  // One name without a slash: no way leads out of the folder.
  if (type === undefined || !/^[\w.-]+$/.test(name)) return undefined;
  const body = readIfThere(fileURLToPath(new URL(name, folder)));
  const headers = {
    'content-type': type,
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-cache',
  };
  return body && new Response(body, { headers });
}

function readIfThere(path: string): Buffer<ArrayBuffer> | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
