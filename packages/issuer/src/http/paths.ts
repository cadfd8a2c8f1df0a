import { WIRE_PATHS } from '@verified-mobile/client';

export const JWKS_PATH = '/.well-known/jwks.json';
export const HEALTH_PATH = '/health';
export const READY_PATH = '/ready';
export const OPENAPI_PATH = '/openapi.json';
/** Below the base path, as the wire's own. */
export const CONSUME_PATH: string = `${WIRE_PATHS.sendOtp}/consume-token`;
export const USAGE_PATH = '/usage';
/** For providers, which no account signs for. */
export const RECEIPTS_PATH = '/sms/receipts';

const PUBLIC_PATHS: ReadonlySet<string> = new Set([JWKS_PATH, HEALTH_PATH, READY_PATH, OPENAPI_PATH]);

export function ownsPath(path: string, basePath: string): boolean {
  return PUBLIC_PATHS.has(path) || path.startsWith(`${basePath}/`);
}
