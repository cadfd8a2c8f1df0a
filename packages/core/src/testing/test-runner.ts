/** The test runner's own functions: Vitest, Jest, Mocha and `node:test` all have them. */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, body: () => Promise<void>) => unknown;
}
