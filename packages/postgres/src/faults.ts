import { VerifiedMobileError } from '@verified-mobile/core';
import { sqlState } from './sql-client.ts';

export function misconfigured(message: string, cause?: unknown): VerifiedMobileError {
  return new VerifiedMobileError('invalid_configuration', message, { cause });
}

export function unavailable(message: string, cause?: unknown): VerifiedMobileError {
  return new VerifiedMobileError('unavailable', message, { cause });
}

/** SQLSTATEs that will not go away by waiting: the operator has to change something. */
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

export function remedyFor(error: unknown): VerifiedMobileError | undefined {
  const remedy = REMEDIES[sqlState(error) ?? ''];
  return remedy === undefined ? undefined : misconfigured(remedy, error);
}
