import type { IssuerError } from '../lib/errors.ts';

/** Told of what is wrong with a ledger and does not stop it. */
export type LedgerFaultListener = (error: IssuerError) => void;

/** The messages of our own errors hold no secret. */
export function printFault({ message }: IssuerError): void {
  process.stderr.write(`verified-mobile ledger: ${message}\n`);
}

/** A listener that throws must not stop the ledger. */
export function tell(listener: LedgerFaultListener, error: IssuerError): void {
  try {
    listener(error);
  } catch {
    printFault(error);
  }
}
