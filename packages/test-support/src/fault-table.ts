import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** What a fault did, as counted by the test that made it: `0 of 20`. */
export interface Fault {
  readonly event: string;
  readonly acceptedTwice: string;
  readonly refusedNeedlessly: string;
}

/** Writes the table instead of comparing it. One test file at a time: each replaces its own rows. */
const writes = process.env['WRITE_FAULT_TABLE'] === '1';
const HEAD = ['event', 'accepted twice', 'refused needlessly', 'seconds until new tokens pass'];
const TABLE = /(?<=<!-- faults:begin -->\n)[^]*?(?=<!-- faults:end -->)/;
const GIVES_UP_AFTER_MS = 60_000;

/**
 * Holds the README to what the test counted.
 *
 * @param seconds from `secondsUntil`: it depends on the machine, so it is written and not compared
 * @throws if the row of the event differs or is missing
 */
export async function requireFault(readme: URL, fault: Fault, seconds: Promise<number> | undefined): Promise<void> {
  const cells = [fault.event, fault.acceptedTwice, fault.refusedNeedlessly];
  if (seconds !== undefined) {
    writeRow(readme, [...cells, (await seconds).toFixed(1)]);
    return;
  }
  const written = rowsIn(readme).find(([event]) => event === fault.event);
  if (written?.slice(0, 3).join(' | ') === cells.join(' | ')) return;
  throw new Error(
    `The README says: ${written?.join(' | ') ?? 'nothing'}\nThe test counted: ${cells.join(' | ')}\n` +
      'If that is right, run this file with WRITE_FAULT_TABLE=1.',
  );
}

/** Measures from now on, if the table is written. A probe that throws has met an outage: the token did not pass. */
export function secondsUntil(newTokenPasses: () => Promise<boolean>): Promise<number> | undefined {
  return writes ? measure(newTokenPasses) : undefined;
}

async function measure(newTokenPasses: () => Promise<boolean>): Promise<number> {
  const startedAt = performance.now();
  while (!(await newTokenPasses().catch(() => false))) {
    if (performance.now() - startedAt > GIVES_UP_AFTER_MS) throw new Error('New tokens do not pass.');
    await delay(10);
  }
  return (performance.now() - startedAt) / 1000;
}

/** The events that the README tells of. */
export function faultsIn(readme: URL): string[] {
  return rowsIn(readme).map(([event]) => event!);
}

function rowsIn(readme: URL): string[][] {
  const [table] = TABLE.exec(readFileSync(readme, 'utf8')) ?? [];
  if (table === undefined) throw new Error(`${readme.pathname} has no <!-- faults:begin --> with its end.`);
  const lines = table.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function writeRow(readme: URL, row: string[]): void {
  const rows = rowsIn(readme);
  const place = rows.findIndex(([event]) => event === row[0]);
  rows.splice(place === -1 ? rows.length : place, 1, row);
  const text = readFileSync(readme, 'utf8');
  writeFileSync(
    readme,
    text.replace(TABLE, () => `\n${render(rows)}\n`),
  );
}

/** As the formatter of the repository aligns it. */
function render(rows: string[][]): string {
  const widths = HEAD.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: string[], fill = ' '): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!, fill)).join(' | ')} |\n`;
  const rule = HEAD.map(() => '');
  return line(HEAD) + line(rule, '-') + rows.map((row) => line(row)).join('');
}
