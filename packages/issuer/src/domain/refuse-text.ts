import type { RecordedEvent } from './events.ts';
import type { Composition, Ports, TransactionField } from './ports.ts';

/** A field of Send that makes no SMS, and what it must be. */
export interface UnfitField {
  readonly outcome: 'unfit-field';
  readonly field: 'language' | TransactionField;
  readonly takes: string;
}

type Refused = Exclude<Composition, { outcome: 'composed' }>;

/** There is no SMS to send. Nothing was counted, and nothing is. */
export function refuseText(
  refused: Refused,
  about: Partial<RecordedEvent>,
  { record, reportFault }: Ports,
): UnfitField | { readonly outcome: 'sms-refused' } {
  if (refused.outcome === 'unknown-language') {
    record({ kind: 'send', outcome: 'refused', reason: 'bad-request', ...about });
    return { outcome: 'unfit-field', field: 'language', takes: oneOf(refused.languages) };
  }
  const { operatorCode, error, callersField } = refused;
  reportFault({ during: 'send-sms', error });
  record({ kind: 'send', outcome: 'refused', reason: 'template-mismatch', operatorCode, ...about });
  return callersField === undefined ? { outcome: 'sms-refused' } : { outcome: 'unfit-field', ...callersField };
}

function oneOf(names: readonly string[]): string {
  return names.length === 1 ? String(names[0]) : `one of ${names.join(', ')}`;
}
