import type { Context } from 'hono';
import type { IssuerFault } from '../domain/ports.ts';
import { IssuerError } from '../lib/errors.ts';
import { within } from '../lib/within.ts';

/** Balancers give up after a few seconds, and would take a part that hangs for a network fault of their own. */
const READY_WITHIN_MS = 2_000;

/** `/ready`: 503 while a part cannot do what a request needs, with the reason in a fault and not in the answer. */
export function readiness(
  ready: () => Promise<void>,
  reportFault: (fault: IssuerFault) => void,
): (context: Context) => Promise<Response> {
  return async (context) => {
    try {
      await within(ready(), READY_WITHIN_MS, () => {
        throw new IssuerError('not_ready', `Store, ledger or replay store gave no answer in ${READY_WITHIN_MS} ms.`);
      });
      return context.json({ status: 'ready' });
    } catch (error) {
      if (!isDraining(error)) reportFault({ during: 'ready', error });
      return context.json({ status: 'unavailable' }, 503);
    }
  };
}

/** Asked for by the operator, and no fault. */
function isDraining(error: unknown): boolean {
  return error instanceof IssuerError && error.code === 'draining';
}
