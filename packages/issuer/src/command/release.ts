import { normaliseMobile } from '@verified-mobile/core';
import { subjectKey } from '../domain/challenge.ts';
import { misconfigured } from '../lib/errors.ts';
import { redisOtpStore } from '../store/redis/redis-otp-store.ts';
import { readSetting, type Variables } from './environment.ts';
import { openRedis } from './open-redis.ts';

/** `release <account> <mobile>`: forgets the failures of a mobile at an account, the stop after 100 in a row included. */
export async function runRelease(args: readonly string[], variables: Variables): Promise<number> {
  const [account, spelling] = args;
  const mobile = normaliseMobile(spelling);
  if (account === undefined || mobile === undefined) {
    throw misconfigured('Usage: verified-mobile-issuer release <account id> <mobile>.');
  }
  const url = readSetting(variables, 'ISSUER_REDIS_URL');
  if (url === undefined) throw misconfigured('ISSUER_REDIS_URL is missing: without it failures end with the process.');
  const { connection, close } = await openRedis(url, (error) => {
    throw error;
  });
  try {
    await redisOtpStore(connection).release(subjectKey({ account, mobile }), Date.now());
  } finally {
    await close();
  }
  process.stdout.write('Released.\n');
  return 0;
}
