import { createSharedGuard } from './guard-settings.ts';
import { createPayoutService } from './payout-service.ts';
import { memoryPayoutTable, postgresPayoutTable } from './payout-table.ts';

const { REDIS_URL: redisUrl, DATABASE_URL: databaseUrl, PORT = '4021' } = process.env;
const service = process.env['SERVICE'] || process.env['VERIFIED_MOBILE_SERVICE'] || 'payouts';
const cleanUp: (() => void | Promise<void>)[] = [];

try {
  const port = requirePort(PORT);
  const { verifiedMobile, disconnect } = createSharedGuard(requireRedisUrl(redisUrl), service);
  cleanUp.push(disconnect);
  const payouts = databaseUrl ? await postgresPayoutTable(databaseUrl) : memoryPayoutTable();
  cleanUp.push(payouts.close);
  await verifiedMobile.ready().catch((cause: Error) => {
    throw new Error(`${cause.message} REDIS_URL names Redis, VERIFIED_MOBILE_JWKS_URL the keys.`, { cause });
  });
  createPayoutService(verifiedMobile, payouts).listen(port, (error) => {
    if (error) stop(`Port ${port} is taken. Choose another with PORT. (${error.message})`);
    else console.log(`Payouts of ${service}: http://localhost:${port}/payouts`);
  });
} catch (error) {
  stop((error as Error).message);
}

function requireRedisUrl(url: string | undefined): string {
  if (url && URL.canParse(url) && /^rediss?:$/.test(new URL(url).protocol)) return url;
  throw new Error(
    'REDIS_URL is not set, or is no URL. Set it to the Redis of all services, as redis://localhost:6379.',
  );
}

function requirePort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new Error('PORT must be a port from 1 to 65535.');
}

function stop(message: string): void {
  console.error(message);
  process.exitCode = 1;
  for (const close of cleanUp) void close();
}
