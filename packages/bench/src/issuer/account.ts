import type { IssuerAccount } from '@verified-mobile/issuer';

export const ACCOUNT: IssuerAccount = {
  id: 'bench',
  developerKey: 'bench-developer-key',
  accessKeys: ['bench-access-key-1'],
  initiatorId: '9962981729',
  audience: 'payouts',
};

export const PATHS = {
  send: '/ekoapi/v3/tools/kyc/mobile/otp',
  verify: '/ekoapi/v3/tools/kyc/mobile/otp/verify',
} as const;

/** The code of the SMS, which no customer reads here, for the driver. Both contenders set it. */
export const CODE_HEADER = 'x-bench-code';
