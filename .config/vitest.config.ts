import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Tests run on the sources, so that a package and its dependents share one instance of each module.
const conditions = ['@verified-mobile/source'];

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'examples/*/test/**/*.test.ts', '.config/{check,house}/*.test.ts'],
    isolate: false,
    // Most of the time goes by waiting for servers.
    maxWorkers: 4,
    maxConcurrency: 10,
    // Room for a machine that is slow or busy: only a test that hangs takes so long.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    globalSetup: fileURLToPath(new URL('../packages/test-support/src/install-servers.ts', import.meta.url)),
    reporters: ['default', fileURLToPath(new URL('closing-line.ts', import.meta.url))],
  },
});
