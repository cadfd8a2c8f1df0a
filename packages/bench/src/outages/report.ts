import { median } from '../statistics.ts';
import { printTable } from '../table.ts';
import type { CallOutcome } from './calls.ts';
import type { OutageTimes } from './one-outage.ts';
import type { AskedSend } from './record.ts';
import type { SoakResult } from './soak.ts';

type Row = readonly [what: string, count: number];

/** What must be 0. */
export function violationRows({ findings: { violations }, wrongExits, times }: SoakResult): readonly Row[] {
  const untold = times.filter(({ toldAfter, readyAfter, sendsAfter }) =>
    [toldAfter, readyAfter, sendsAfter].includes(undefined),
  );
  return [
    ['second tokens for one challenge', violations.secondTokens],
    ['tokens consumed twice', violations.consumedTwice],
    ['wrong codes accepted', violations.wrongCodesAccepted],
    ['answered sends without a trace in the ledgers', violations.sendsWithoutTrace],
    ['SMS without a trace in the ledgers', violations.smsWithoutTrace],
    ['problems that `ledger verify` finds', violations.ledgerProblems],
    ['nodes that ended by themselves, or after SIGTERM with an error', wrongExits.length],
    ['outages that /ready did not tell of, or that did not end, within a minute', untold.length],
  ];
}

export function printReport(result: SoakResult): void {
  printTable('Must be 0', ['what', 'count'], asText(violationRows(result)));
  for (const exit of result.wrongExits) console.log(exit);
  printTable('What the outages cost', ['what', 'count'], asText(costRows(result)));
  printTable(
    'Each outage: seconds, fewest / median / most; sends from its beginning until sends passed again',
    ['outage', 'times', '/ready says 503', '/ready says 200', 'sends pass', 'failed', 'cut off', 'late'],
    outageRows(result.times),
  );
}

function costRows({ record, messages, findings: { costs }, falseAlarms }: SoakResult): readonly Row[] {
  const { sends, tokens, consumptions, turnedAway, acceptedWithoutSms } = record;
  return [
    ['sends asked', sends.length],
    ['sends accepted', countOf(sends, 'accepted')],
    ['sends refused', countOf(sends, 'refused')],
    ['sends failed (500)', countOf(sends, 'failed')],
    ['sends unknown: the connection broke', countOf(sends, 'cut-off')],
    ['sends unknown: no answer within ten seconds', countOf(sends, 'late')],
    ['customers who found no node ready', turnedAway],
    ['SMS handed over', messages],
    ['sends accepted whose SMS did not come', acceptedWithoutSms],
    ['SMS handed over without an `intended` line', costs.smsWithoutIntended],
    ['references with a second SMS', costs.referencesWithSecondSms],
    ['tokens answered', tokens.length],
    ['consumptions asked', consumptions.length],
    ['events that `loss` lines count', costs.lostLines],
    ['/ready said 503 although nothing was away', falseAlarms],
  ];
}

function outageRows(times: readonly OutageTimes[]): string[][] {
  const names = [...new Set(times.map(({ name }) => name))];
  return names.map((name) => {
    const same = times.filter((one) => one.name === name);
    const sends = same.flatMap((one) => one.sends);
    return [
      name,
      String(same.length),
      rangeCell(same.map(({ toldAfter }) => toldAfter)),
      rangeCell(same.map(({ readyAfter }) => readyAfter)),
      rangeCell(same.map(({ sendsAfter }) => sendsAfter)),
      String(countOf(sends, 'failed')),
      String(countOf(sends, 'cut-off')),
      String(countOf(sends, 'late')),
    ];
  });
}

/** `0.02 / 0.05 / 2.01`, as seconds. */
function rangeCell(values: readonly (number | undefined)[]): string {
  const known = values.filter((value) => value !== undefined);
  if (known.length < values.length) return 'not within a minute';
  return [Math.min(...known), median(known), Math.max(...known)].map((seconds) => seconds.toFixed(2)).join(' / ');
}

function countOf(sends: readonly AskedSend[], wanted: CallOutcome): number {
  return sends.filter(({ outcome }) => outcome === wanted).length;
}

function asText(rows: readonly Row[]): string[][] {
  return rows.map(([what, count]) => [what, String(count)]);
}
