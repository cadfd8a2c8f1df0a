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

/** The same in every sandbox, and published: production has never heard of them. */
export const SANDBOX_CREDENTIALS: Readonly<SandboxCredentials> = Object.freeze({
  developerKey: 'sandbox-developer-key',
  accessKey: 'sandbox-access-key',
  initiatorId: '9962981729',
  cspId: '9002336768',
  audience: 'payouts',
});
