import { createOtpClient, type OtpClient } from '@verified-mobile/client';

const SANDBOX_URL = 'http://localhost:4000/ekoapi/v3';
const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Published, and known to every sandbox; no other issuer takes them. */
const SANDBOX_ACCOUNT = {
  EKO_DEVELOPER_KEY: 'sandbox-developer-key',
  EKO_ACCESS_KEY: 'sandbox-access-key',
  EKO_INITIATOR_ID: '9962981729',
};

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A client for the account in `EKO_DEVELOPER_KEY`, `EKO_ACCESS_KEY` and `EKO_INITIATOR_ID`, at `EKO_BASE_URL`. Without
 * any of the three it is the sandbox's account, on this machine only, and not in production, where a forgotten setting
 * must stop the service.
 */
export function ekoAccount(environment: Environment): OtpClient {
  const baseUrl = read(environment, 'EKO_BASE_URL') ?? SANDBOX_URL;
  const onThisMachine = URL.canParse(baseUrl) && LOOPBACK.has(new URL(baseUrl).hostname);
  const names = Object.keys(SANDBOX_ACCOUNT);
  const isEmpty = names.every((name) => read(environment, name) === undefined);
  const mayBeSandbox = onThisMachine && environment['NODE_ENV'] !== 'production';
  const account = mayBeSandbox && isEmpty ? SANDBOX_ACCOUNT : environment;
  return createOtpClient({
    baseUrl,
    developerKey: setting(account, 'EKO_DEVELOPER_KEY'),
    accessKey: setting(account, 'EKO_ACCESS_KEY'),
    initiatorId: setting(account, 'EKO_INITIATOR_ID'),
  });
}

function setting(environment: Environment, name: keyof typeof SANDBOX_ACCOUNT): string {
  const value = read(environment, name);
  if (value !== undefined) return value;
  throw new Error(
    `${name} is not set. Set it to what your account with Eko says, for the environment in EKO_BASE_URL.`,
  );
}

function read(environment: Environment, name: string): string | undefined {
  return environment[name]?.trim() || undefined;
}
