import { misconfigured, type VerifiedMobileError } from '@verified-mobile/core/store';
import { sqlState } from './sql-client.ts';

/** Why a proof was not consumed. The list is closed. */
export type ProofNotConsumedCode =
  /** Another transaction spent it, or it belongs to another operation, or the store can no longer vouch for it. Do not pay. */
  | 'used'
  /** Another transaction is spending it at this moment. Try the request again in a while. */
  | 'busy'
  /** Under REPEATABLE READ or SERIALIZABLE: another transaction came between. Run the whole transaction again. */
  | 'retry_transaction';

const MESSAGES: Readonly<Record<ProofNotConsumedCode, string>> = {
  used: 'The proof of the mobile number is spent. Roll the transaction back.',
  busy: 'Another transaction is spending the proof of the mobile number. Roll back, and try again later.',
  retry_transaction: 'Another transaction came between. Roll back, and run the transaction again.',
};

/** Thrown, not returned: a forgotten check would pay; an error that is not caught rolls the transaction back. */
export class ProofNotConsumedError extends Error {
  override readonly name = 'ProofNotConsumedError';
  readonly code: ProofNotConsumedCode;

  constructor(code: ProofNotConsumedCode, options?: { cause?: unknown }) {
    super(MESSAGES[code], options);
    this.code = code;
  }
}

/** SQLSTATEs that waiting does not change: the operator has to change something. */
const REMEDIES: Readonly<Record<string, string>> = {
  '3F000': 'This database has no schema verified_mobile. Run migrate(pool) once, or sql/schema.sql.',
  '42P01': 'This database lacks the tables of the replay store. Run migrate(pool) once, or sql/schema.sql.',
  '42883': 'This database lacks the functions of the replay store. Run migrate(pool) once, or sql/schema.sql.',
  '42501':
    'The database user may not use the schema verified_mobile. Grant it USAGE, and the tables and functions in it.',
  '28P01': 'PostgreSQL refuses the password.',
  '28000': 'PostgreSQL refuses the user.',
  '3D000': 'There is no such database.',
};

/** The error to give up with, if waiting does not change this fault. */
export function remedyFor(error: unknown): VerifiedMobileError | undefined {
  const remedy = REMEDIES[sqlState(error) ?? ''];
  return remedy === undefined ? undefined : misconfigured(remedy, { cause: error });
}
