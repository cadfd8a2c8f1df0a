import type { Ratio, Spread } from './statistics.ts';

/** Prints rows under a heading, first column to the left, the rest to the right. */
export function printTable(title: string, header: readonly string[], rows: readonly (readonly string[])[]): void {
  const lines = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const format = (line: readonly string[]): string =>
    line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  ');
  console.log(`\n${title}\n${format(header)}\n${widths.map((width) => '-'.repeat(width)).join('  ')}`);
  for (const row of rows) console.log(format(row));
}

/** `12.3 (11.9 to 12.6)`: the median, and the middle half of the rounds. */
export function spreadCell({ median, low, high }: Spread, digits = 1): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;
}

/** The ratio with its spread, or why there is none. */
export function ratioCell(ratio: Ratio): string {
  switch (ratio.outcome) {
    case 'agreed':
      return spreadCell(ratio, 2);
    case 'disagreed':
      return `rounds disagree: ${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)}`;
    case 'too-few-rounds':
      return `too few rounds: ${ratio.rounds}`;
  }
}
