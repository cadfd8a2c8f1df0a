import { WIRE_PATHS } from '@verified-mobile/client';
import type { IssuerAccount } from '@verified-mobile/issuer';

const MANY = { perMinute: 1_000_000_000, perHour: 1_000_000_000, perDay: 1_000_000_000 };

export const ACCOUNT: IssuerAccount = {
  id: 'bench',
  developerKey: 'bench-developer-key',
  accessKeys: ['bench-access-key-1'],
  initiatorId: '9962981729',
  audience: 'payouts',
  senderSignature: 'Bench',
  // Counted as ever, and never used up.
  quotas: { account: MANY, agent: MANY },
};

export const PATHS: Readonly<Record<'send' | 'verify', string>> = {
  send: `/ekoapi/v3${WIRE_PATHS.sendOtp}`,
  verify: `/ekoapi/v3${WIRE_PATHS.verifyOtp}`,
};

/** Carries the code of the SMS to the driver, since no customer reads it here. Every contender sets it. */
export const CODE_HEADER = 'x-bench-code';
