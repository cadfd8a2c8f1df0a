import type { RecordedEvent } from '../domain/events.ts';
import { type Ended, type Entry, reservedAt } from './entry.ts';
import type { DeliveryParts } from './parts.ts';

type Recorded = Pick<RecordedEvent, 'outcome' | 'reason' | 'route' | 'messageId' | 'operatorCode'>;

/** What an event says of an end. */
function recordedEnd(ended: Exclude<Ended, { outcome: 'taken' }>): Recorded {
  switch (ended.outcome) {
    case 'accepted':
    case 'unknown': {
      const { outcome, ...where } = ended;
      return { outcome: 'accepted', ...(outcome === 'unknown' && { reason: 'sms-unknown' as const }), ...where };
    }
    case 'refused':
      return ended;
    case 'expired':
      return { outcome: 'refused', reason: 'expired' };
  }
}

/**
 * Brings a send to its end that no caller waits for any more: its event, and what the store is told. What was sent is
 * committed, if the answer did not do so; what was not is cancelled, and taken off the bill if it is on it.
 */
export async function endLate(
  entry: Entry,
  ended: Ended,
  { store, emit, clock, reportFault }: DeliveryParts,
): Promise<void> {
  if (ended.outcome === 'taken') return;
  emit({ at: clock(), kind: 'delivery', ...entry.about, ...recordedEnd(ended) });
  try {
    await entry.committing?.catch(() => undefined);
    const wasSent = ended.outcome === 'accepted' || ended.outcome === 'unknown';
    if (!wasSent) await store.cancelSend(entry.reservation, reservedAt(entry), entry.isAnswered);
    else if (!entry.isAnswered) await store.commitSend(entry.reservation, reservedAt(entry));
  } catch (error) {
    reportFault({ during: 'delivery', error });
  }
}
