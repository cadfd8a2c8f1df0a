import { hostname } from 'node:os';
import { normaliseMobile } from '@verified-mobile/core';
import { misconfigured } from '../lib/errors.ts';
import { readSettings } from './environment.ts';
import { openIssuer } from './open-issuer.ts';
import type { Variables } from '../lib/read-setting.ts';

/** Of the ledger that the service of this node writes. */
const CHAIN = 'operator';

/**
 * `release <account> <mobile>`: forgets the failures of a mobile at an account, the stop after 100 in a row included. Its
 * event is in a chain beside the service's.
 */
export async function runRelease([account, mobile]: readonly string[], variables: Variables): Promise<number> {
  if (account === undefined || normaliseMobile(mobile) === undefined) {
    throw misconfigured(
      'Usage: verified-mobile-issuer release <account id> <mobile>, with the settings of the service.',
    );
  }
  const settings = readSettings(variables, hostname());
  if (settings.redis === undefined) {
    throw misconfigured('ISSUER_REDIS_URL is missing: without it failures end with the process.');
  }
  const watch = {
    onAway: (what: string, cause: string): never => {
      throw misconfigured(`${what} cannot be reached (${cause}).`);
    },
    onFault: ({ error }: { error: unknown }): never => {
      throw error;
    },
  };
  const issuer = await openIssuer({ settings, variables, watch, chain: CHAIN });
  try {
    await issuer.value.release(account, String(mobile));
  } finally {
    await issuer.close();
  }
  process.stdout.write('Released.\n');
  return 0;
}
