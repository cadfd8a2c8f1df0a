import type { IssuerEvent, RecordedEvent } from '../domain/events.ts';
import type { IssuerFault, Ports } from '../domain/ports.ts';
import { IssuerError } from '../lib/errors.ts';
import { within } from '../lib/within.ts';
import type { ResolvedOptions } from './resolve-options.ts';

/** Resolves to whether the event is in the ledger, or to `true` if there is none; a failure is reported. */
export type EmitEvent = (event: IssuerEvent) => Promise<boolean>;

/** What the events of one request have in common. */
export interface RequestSource extends Pick<IssuerEvent, 'requestId'> {
  readonly address: string | undefined;
  readonly account: string;
  readonly tid: string;
  /** Collects what `emit` returned. */
  readonly writes: Promise<boolean>[];
}

/** How long a request waits for the ledger at most. */
export const LEDGER_WITHIN_MS = 1_000;

/** Listeners are told of every event, the ledger of those of accounts. */
export function eventSink(
  { ledger, onEvent = () => {} }: ResolvedOptions,
  reportFault: (fault: IssuerFault) => void,
): EmitEvent {
  const listener = harmless(onEvent, reportFault);
  const write = async (event: IssuerEvent): Promise<boolean> => {
    try {
      await ledger?.append(event);
      return true;
    } catch (error) {
      reportFault({ during: 'ledger', error });
      return false;
    }
  };
  return async (event) => {
    // What nobody signed is not kept for good: anybody could fill the disk.
    const written = event.account === undefined ? true : write(event);
    listener(event);
    return written;
  };
}

/** A listener that throws is a fault, and no answer changes. */
export function harmless<Told>(
  listener: (told: Told) => void,
  reportFault: (fault: IssuerFault) => void,
): (told: Told) => void {
  return (told) => {
    try {
      listener(told);
    } catch (error) {
      reportFault({ during: 'event', error });
    }
  };
}

/** How a use case records what it does, for one request. */
export function recorders(
  { tid, account, requestId, address, writes }: RequestSource,
  { clock, ledgerWrites }: ResolvedOptions,
  emit: EmitEvent,
): Pick<Ports, 'tid' | 'record' | 'recordIntent'> {
  const record = async (event: RecordedEvent): Promise<boolean> => {
    const source = { account, requestId, ...(address !== undefined && { address }) };
    const written = emit({ at: clock(), tid, ...event, ...source });
    writes.push(written);
    return written;
  };
  return {
    tid,
    record: (event) => void record(event),
    async recordIntent(event) {
      const isWritten = await within(record(event), LEDGER_WITHIN_MS, () => false);
      if (isWritten || ledgerWrites === 'behind-answer') return;
      throw new IssuerError('ledger_unavailable', 'The ledger cannot be written, and no SMS may precede its line.');
    },
  };
}
