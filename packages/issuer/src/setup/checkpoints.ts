import type { LedgerHead } from '../domain/checkpoint.ts';
import type { IssuerFault, Ledger } from '../domain/ports.ts';

const HOUR_MS = 3_600_000;

export interface CheckpointOptions {
  readonly ledger: Ledger | undefined;
  readonly sign: (head: LedgerHead) => string;
  readonly onCheckpoint: ((checkpoint: string) => void) | undefined;
  readonly reportFault: (fault: IssuerFault) => void;
}

/** Does something again and again, without keeping the process; returns what ends it. */
export type Every = (milliseconds: number, work: () => void) => () => void;

const unreferenced: Every = (milliseconds, work) => {
  const timer = setInterval(work, milliseconds).unref();
  return () => clearInterval(timer);
};

/**
 * Signs the head of the ledger now, every hour, and at the end; of an empty one there is nothing to say.
 *
 * @returns what ends it, when the ledger has written its last entry
 */
export function startCheckpoints(
  { ledger, sign, onCheckpoint, reportFault }: CheckpointOptions,
  every: Every = unreferenced,
): () => void {
  if (onCheckpoint === undefined) return () => {};
  const write = (): void => {
    try {
      const head = ledger?.head?.();
      if (head !== undefined && head.sequence > 0) onCheckpoint(sign(head));
    } catch (error) {
      reportFault({ during: 'ledger', error });
    }
  };
  write();
  const stop = every(HOUR_MS, write);
  return () => {
    stop();
    write();
  };
}
