import type { AboutSend } from '../domain/ports.ts';
import type { SmsReceipt } from '../domain/sms-route.ts';
import { messageIdOf, operatorCodeOf } from './hand-over.ts';
import type { DeliveryParts } from './parts.ts';

const STATUSES: ReadonlySet<string> = new Set(['accepted', 'delivered', 'undelivered', 'expired', 'rejected']);

/**
 * A receipt of a route: an event if it says something new of a message of ours, else a count alone, or a provider could
 * flood the ledger.
 *
 * @throws what the outbox throws
 */
export async function receive(route: string, given: SmsReceipt, parts: DeliveryParts): Promise<void> {
  const { outbox, clock, observe } = parts;
  const receipt = readReceipt(given);
  const result = receipt && (await outbox.receive(route, receipt, clock()));
  if (receipt === undefined || result?.outcome === 'unmatched')
    observe({ kind: 'receipt', route, status: 'unmatched' });
  else if (result?.outcome === 'recorded') recordReceipt(JSON.parse(result.about) as AboutSend, route, receipt, parts);
}

export function recordReceipt(
  about: AboutSend,
  route: string,
  { status, operatorCode }: Omit<SmsReceipt, 'messageId'>,
  { emit, clock, observe }: DeliveryParts,
): void {
  observe({ kind: 'receipt', route, status });
  const outcome = status === 'accepted' || status === 'delivered' ? 'accepted' : 'refused';
  const said = { receipt: status, ...(operatorCode !== undefined && { operatorCode }) };
  emit({ at: clock(), kind: 'receipt', ...about, outcome, route, ...said });
}

/** @returns `undefined` for what is no receipt, whatever a route calls one */
function readReceipt(given: SmsReceipt): SmsReceipt | undefined {
  const { messageId } = messageIdOf(given?.messageId);
  if (messageId === undefined || !STATUSES.has(given.status)) return undefined;
  return { messageId, status: given.status, ...operatorCodeOf(given.operatorCode) };
}
