import type { LinkFault, SmppFault } from './link/faults.ts';

/** Passes faults on. Without a listener each is a line on stderr: a route that is down must not look like one that is idle. */
export function faultReporter(
  route: string,
  onFault: ((fault: SmppFault) => void) | undefined,
): (fault: LinkFault) => void {
  const listener = onFault ?? printFault;
  return (fault) => {
    // A listener that throws, at once or later, must neither end the process nor keep the connection from being made anew.
    void new Promise<void>((resolve) => {
      resolve(listener({ route, ...fault }));
    }).catch(() => undefined);
  };
}

function printFault({ route, message }: SmppFault): void {
  process.stderr.write(`smpp route ${route}: ${message}\n`);
}
