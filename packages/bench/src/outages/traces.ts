import type { NodeLedger } from './ledgers.ts';

/** What has no line of its own in the ledger of its node. */
export interface MissingLines {
  readonly node: string;
  /** When its events were made: milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  /** How many are missing. */
  readonly lines: number;
}

/** The events that one loss line stands for: made after the loss before, up to its own time. */
interface Loss {
  readonly after: number;
  readonly until: number;
  left: number;
}

/** How many of them no `loss` line of their node can stand for: each counts as many events as it says, and not later ones. */
export function untraced(missing: readonly MissingLines[], ledgers: readonly NodeLedger[]): number {
  const losses = new Map(ledgers.map((ledger) => [ledger.node, lossesOf(ledger)]));
  return missing
    .toSorted((one, other) => one.to - other.to)
    .filter(({ node, from, to, lines }) => {
      const loss = losses.get(node)?.find(({ after, until, left }) => left >= lines && until >= from && after <= to);
      if (loss !== undefined) loss.left -= lines;
      return loss === undefined;
    }).length;
}

function lossesOf({ entries }: NodeLedger): Loss[] {
  let after = 0;
  return entries.flatMap(({ kind, at, lost = 0 }) => {
    if (kind !== 'loss') return [];
    const loss = { after, until: at, left: lost };
    after = at;
    return [loss];
  });
}
