import type { IssuerOptions } from '../setup/options.ts';

type SandboxLimits = Required<Pick<IssuerOptions, 'limits' | 'sendsPerMobileAndDay' | 'conversionGuard'>>;

/** The pause between two sends is real, so that callers meet it here first; a day of trying by hand meets no other limit. */
export const SANDBOX_LIMITS: SandboxLimits = {
  limits: { cooldownSeconds: [30], sendsPerHour: 1000, sendsPerDay: 1000 },
  sendsPerMobileAndDay: 1000,
  conversionGuard: { minimumShare: 0 },
};
