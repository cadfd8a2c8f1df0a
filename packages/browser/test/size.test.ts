import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { bundleFile } from './support/bundle.ts';

const gzippedBytes = async (file: string): Promise<number> => {
  const text = await bundleFile(fileURLToPath(new URL(`../src/${file}`, import.meta.url)), true);
  return gzipSync(text, { level: 9 }).length;
};

it('costs a page 5 kB, minified and gzipped, and Hindi less than one more', async () => {
  const [all, hindi] = await Promise.all(['index.ts', 'hindi.ts'].map(gzippedBytes));
  process.stdout.write(`@verified-mobile/browser: ${all} bytes minified and gzipped, hindi ${hindi}\n`);
  expect(all).toBeLessThanOrEqual(5000);
  expect(hindi).toBeLessThanOrEqual(1000);
});
