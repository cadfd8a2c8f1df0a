import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { SmsRoute } from '../domain/sms-route.ts';
import { misconfigured } from '../lib/errors.ts';
import { causeOf } from './away.ts';

/** What this package needs of `@verified-mobile/smpp`, which is built on it and so cannot be one of its dependencies. */
export type SmppRoute = (options: Record<string, unknown>) => SmsRoute;

const PACKAGE = '@verified-mobile/smpp';

/** From where the command runs, or else from where it is installed. */
export async function loadSmpp(workingDirectory: string): Promise<SmppRoute> {
  const path = find(join(workingDirectory, 'package.json')) ?? find(import.meta.url);
  if (path === undefined) throw misconfigured(`kind smpp needs the package ${PACKAGE}: npm install ${PACKAGE}`);
  const { smppRoute } = await load(path);
  if (typeof smppRoute === 'function') return smppRoute as SmppRoute;
  throw misconfigured(`${PACKAGE} has no smppRoute(): npm install ${PACKAGE}@latest`);
}

function find(from: string): string | undefined {
  try {
    return createRequire(from).resolve(PACKAGE);
  } catch {
    return undefined;
  }
}

async function load(path: string): Promise<{ smppRoute?: unknown }> {
  try {
    return (await import(pathToFileURL(path).href)) as { smppRoute?: unknown };
  } catch (cause) {
    throw misconfigured(`${PACKAGE} cannot be loaded (${causeOf(cause)}). Install it again: npm install ${PACKAGE}`, {
      cause,
    });
  }
}
