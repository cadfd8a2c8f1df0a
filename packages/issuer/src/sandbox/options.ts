import { misconfigured } from '../lib/errors.ts';
import { refuseUnknownNames } from '../lib/settings.ts';
import type { IssuerOptions } from '../setup/options.ts';
import { DEFAULT_BASE_PATH } from '../setup/defaults.ts';

export interface SandboxOptions {
  /** Where callers reach the sandbox, without a path: `http://localhost:4000`. It is `iss` of the tokens. */
  readonly publicUrl: string;
  /**
   * Payout services for the page to show, such as `http://localhost:4001/payouts`. Default none. Its commands have the customer
   * approve the payout: their guards' option `transaction` returns `{ amount, currency, payee }`, `payee` being the body's `account`.
   */
  readonly payoutUrls?: readonly string[];
  /** What the three calls' paths begin with. Default `/ekoapi/v3`. */
  readonly basePath?: string;
  /** That of its callers, which the sandbox's own clock goes ahead of. Milliseconds since the epoch. Default `Date.now`. */
  readonly clock?: () => number;
}

type SandboxLimits = Required<
  Pick<IssuerOptions, 'limits' | 'quotas' | 'sendsPerMobileAndDay' | 'conversionGuard' | 'accountConversionGuard'>
>;

const UNLIMITED = { perMinute: 1_000_000, perHour: 1_000_000, perDay: 1_000_000 };

/** The pause between two sends is real, so that callers meet it here first; a day of trying by hand meets no other limit. */
export const SANDBOX_LIMITS: SandboxLimits = {
  limits: { cooldownSeconds: [30], sendsPerHour: 1000, sendsPerDay: 1000 },
  quotas: { account: UNLIMITED, agent: UNLIMITED },
  sendsPerMobileAndDay: 1000,
  conversionGuard: { minimumShare: 0 },
  accountConversionGuard: { minimumShare: 0 },
};

/** Checks what only the sandbox knows; the rest is the issuer's to check. */
export function resolveSandboxOptions(options: SandboxOptions): Required<SandboxOptions> {
  if (typeof options !== 'object' || options === null) {
    throw misconfigured('createSandbox takes an object of options, such as { publicUrl: "http://localhost:4000" }.');
  }
  refuseUnknownNames('createSandbox', options, ['publicUrl', 'payoutUrls', 'basePath', 'clock']);
  const { publicUrl, payoutUrls = [], basePath = DEFAULT_BASE_PATH, clock = Date.now } = options;
  if (!isHttpUrl(publicUrl) || new URL(publicUrl).origin !== publicUrl) {
    throw misconfigured('publicUrl must be a scheme, host and port without a path, like http://localhost:4000.');
  }
  if (!Array.isArray(payoutUrls) || !payoutUrls.every(isHttpUrl)) {
    throw misconfigured('payoutUrls must be a list of URLs, like http://localhost:4001/payouts.');
  }
  return { publicUrl, payoutUrls, basePath, clock };
}

function isHttpUrl(value: unknown): boolean {
  return typeof value === 'string' && /^https?:\/\//.test(value) && URL.canParse(value);
}
