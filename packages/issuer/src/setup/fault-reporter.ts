import type { IssuerFault } from '../domain/ports.ts';

/** Name and code only: the message of a provider's error may repeat the SMS, and with it the OTP. */
export function defaultFaultReporter({ during, error }: IssuerFault): void {
  const name = error instanceof Error ? error.name : typeof error;
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : '';
  process.stderr.write(`verified-mobile issuer: ${during} failed: ${name}${code}. Set onFault for the whole error.\n`);
}

/** A reporter that throws must not turn "could not be sent" into an answer that never comes. */
export function neverThrowing(report: (fault: IssuerFault) => void): (fault: IssuerFault) => void {
  return (fault) => {
    try {
      report(fault);
    } catch {
      defaultFaultReporter(fault);
    }
  };
}
