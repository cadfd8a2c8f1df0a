import type { IssuerError } from '../lib/errors.ts';

/** Told of what is wrong with a ledger and does not stop it. */
export type LedgerFaultListener = (error: IssuerError) => void;

/** The messages of our own errors hold no secret. */
export function printFault({ message }: IssuerError): void {
  process.stderr.write(`verified-mobile ledger: ${message}\n`);
}
