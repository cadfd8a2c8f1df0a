import { hostname } from 'node:os';
import { memoryReplayStore } from '@verified-mobile/core';
import { createIssuer } from '../create-issuer.ts';
import { misconfigured } from '../lib/errors.ts';
import { readSettings } from './environment.ts';
import { namingSetting, readReloadable } from './issuer-settings.ts';
import { idleRoutes, openRoutes } from './open-routes.ts';
import type { Variables } from '../lib/read-setting.ts';
import { summaryOf } from './summary.ts';

/** `config check`: all that can be checked without a connection. Says what would be in force, or what is wrong. */
export async function runConfig([action]: readonly string[], variables: Variables): Promise<number> {
  if (action !== 'check') throw misconfigured('Usage: verified-mobile-issuer config check.');
  const settings = readSettings(variables, hostname());
  const reloadable = readReloadable(variables);
  try {
    const { ledgerWrites: _, ...options } = settings.options;
    const replayStore =
      settings.replayStore === undefined ? {} : { replayStore: memoryReplayStore({ singleProcess: true }) };
    const { routes } = await openRoutes(settings.smsRoutes, { variables, onFault: () => {} });
    await createIssuer({ ...options, ...reloadable, ...replayStore, routes: idleRoutes(routes) }).close();
  } catch (error) {
    throw namingSetting(error);
  }
  const lines = Object.entries(summaryOf(settings, reloadable, Date.now())).map(
    ([name, value]) => `${name}: ${String(value)}\n`,
  );
  process.stdout.write(`${lines.join('')}The settings are valid. Nothing was connected to.\n`);
  return 0;
}
