import { within } from '../lib/within.ts';
import { LEDGER_WITHIN_MS } from '../setup/recording.ts';
import { refuseRequest } from './envelope.ts';
import type { RequestContext } from './request-context.ts';

/** Answers when the lines of the request are in the ledger, and with 500 if they are not. */
export async function awaitLedger(context: RequestContext, next: () => Promise<void>): Promise<void> {
  await next();
  const written = Promise.all(context.get('ledgerWrites'));
  const lines = await within(written, LEDGER_WITHIN_MS, () => [false]);
  if (!lines.includes(false)) return;
  // Else the headers of the answer that must not go out would stay.
  context.res = undefined;
  context.res = refuseRequest(context, 'internal');
}
