import { hasRedis } from '@verified-mobile/test-support/redis-server';
import { hasSmallDisks } from '@verified-mobile/test-support/small-disk';
import { outagesOf } from './outages.ts';
import { printReport, violationRows } from './report.ts';
import { soak } from './soak.ts';

const DEFAULT_MINUTES = 20;
const CUSTOMERS_PER_SECOND = 10;
const REST_MS = 3_000;
/** Shorter and longer than the three seconds after which a query to the ledger is given up. */
const OUTAGE_MS = [6_000, 1_500, 12_000];

/** Two nodes under load while what they stand on, and they themselves, go away and come back. Exits with 1 if something happened that must not. */
export async function run(): Promise<void> {
  const minutes = Number(process.argv[3] ?? DEFAULT_MINUTES);
  if (!(minutes >= 0)) throw new Error('Give the minutes as a number: issuer-outages 20.');
  if (!hasRedis) throw new Error('redis-server is missing: install the package redis-server.');
  if (!hasSmallDisks) console.log('Without "disk full": this user may not mount a file system.');
  const stopped = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopped.abort());
  const { signal } = stopped;
  const pace = { customersPerSecond: CUSTOMERS_PER_SECOND, restMs: REST_MS, outageMs: OUTAGE_MS };
  const result = await soak({ minutes, ...pace, outagesOf, signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
    console.log('Stopped, and cleaned up.');
    // Customers are still asking.
    process.exit(1);
  });
  printReport(result);
  if (violationRows(result).some(([, count]) => count > 0)) process.exitCode = 1;
}
