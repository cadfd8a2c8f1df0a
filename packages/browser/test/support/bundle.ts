import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const scripts = new Map<string, Promise<string>>();

/** A script of `pages`, with all that it imports, from the sources; one in JavaScript is served as it stands. */
export async function scriptOf(page: string): Promise<string> {
  const file = fileURLToPath(new URL(`../pages/${page}`, import.meta.url));
  const script = scripts.get(page) ?? (page.endsWith('.js') ? readFile(file, 'utf8') : bundleFile(file));
  scripts.set(page, script);
  return script;
}

/** One file and all that it imports, as text. */
async function bundleFile(file: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    jsx: 'automatic',
    conditions: ['@verified-mobile/source'],
    // The build of Vue that compiles templates in the page.
    alias: { vue: createRequire(import.meta.url).resolve('vue/dist/vue.esm-bundler.js') },
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'silent',
  });
  return outputFiles[0]!.text;
}
