import { SANDBOX_ACCESS_KEY, SANDBOX_DEVELOPER_KEY } from '../setup/published-keys.ts';

export interface SandboxCredentials {
  /** `developer_key` */
  readonly developerKey: string;
  /** Keys the MAC in `secret-key`. */
  readonly accessKey: string;
  /** `initiator_id` */
  readonly initiatorId: string;
  /** `csp_id` */
  readonly cspId: string;
  /** `aud` of the sandbox's tokens. */
  readonly audience: string;
}

/** The same in every sandbox, and published: a production account may not have them. */
export const SANDBOX_CREDENTIALS: Readonly<SandboxCredentials> = Object.freeze({
  developerKey: SANDBOX_DEVELOPER_KEY,
  accessKey: SANDBOX_ACCESS_KEY,
  initiatorId: '9962981729',
  cspId: '9002336768',
  audience: 'payouts',
});
