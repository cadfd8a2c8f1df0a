/** `pnpm bench <name>`: runs one benchmark and prints its tables. */
const BENCHMARKS: Readonly<Record<string, () => Promise<{ run: () => Promise<void> }>>> = {
  client: async () => import('./client/bench.ts'),
  delivery: async () => import('./delivery/bench.ts'),
  guard: async () => import('./guard/bench.ts'),
  issuer: async () => import('./issuer/bench.ts'),
  'issuer-outages': async () => import('./outages/bench.ts'),
  smpp: async () => import('./smpp/bench.ts'),
  store: async () => import('./store/bench.ts'),
};

const name = process.argv[2] ?? '';
const load = BENCHMARKS[name];
if (load === undefined) {
  console.error(`Name a benchmark: ${Object.keys(BENCHMARKS).join(', ')}.`);
  process.exitCode = 1;
} else {
  await (await load()).run();
}
