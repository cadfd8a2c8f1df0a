import { readFileSync, writeFileSync } from 'node:fs';

/** What becomes of tokens after an event. */
export interface FaultRow {
  readonly event: string;
  readonly acceptedTwice: number;
  readonly refusedNeedlessly: string;
  readonly secondsUntilNewTokensPass: number;
}

const BEGIN = '<!-- faults:begin -->';
const END = '<!-- faults:end -->';
const HEADER = ['event', 'accepted twice', 'refused needlessly', 'seconds until new tokens pass'];

/** The table between two comments of a README. Written with `WRITE_FAULT_TABLE=1`, and otherwise compared with. */
export interface FaultTable {
  readonly add: (row: FaultRow) => void;
  /** What was seen, without the seconds: they belong to the machine. */
  readonly expected: () => readonly string[];
  /** What the README says of the same events. */
  readonly found: () => readonly string[];
}

/** @param events all that the table lists, in its order */
export function faultTable(readmePath: string, events: readonly string[]): FaultTable {
  const rows = new Map<string, FaultRow>();
  return {
    // Of several clients the slowest counts.
    add: (row) => {
      const before = rows.get(row.event)?.secondsUntilNewTokensPass ?? 0;
      const secondsUntilNewTokensPass = Math.max(before, row.secondsUntilNewTokensPass);
      rows.set(row.event, { ...row, secondsUntilNewTokensPass });
    },
    expected: () => [...rows.values()].map(factsOf).toSorted(),
    found: () => {
      if (process.env['WRITE_FAULT_TABLE'] === '1')
        write(
          readmePath,
          events.flatMap((event) => rows.get(event) ?? []),
        );
      return factsIn(readFileSync(readmePath, 'utf8'))
        .filter((facts) => rows.has(facts.split(' | ')[0]!))
        .toSorted();
    },
  };
}

function factsOf({ event, acceptedTwice, refusedNeedlessly }: FaultRow): string {
  return [event, acceptedTwice, refusedNeedlessly].join(' | ');
}

function factsIn(readme: string): string[] {
  const lines = readme.slice(readme.indexOf(BEGIN), readme.indexOf(END)).split('\n');
  const cells = lines.filter((line) => line.startsWith('|')).map((line) => line.split('|').slice(1, 4));
  return cells.map((three) => three.map((cell) => cell.trim()).join(' | '));
}

function write(readmePath: string, rows: readonly FaultRow[]): void {
  const readme = readFileSync(readmePath, 'utf8');
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${readmePath} has no place for the table: ${BEGIN} and ${END}`);
  const lines = [
    HEADER,
    HEADER.map(() => '---'),
    ...rows.map((row) => [factsOf(row), row.secondsUntilNewTokensPass.toFixed(1)]),
  ];
  const table = lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  writeFileSync(readmePath, `${readme.slice(0, begin)}${BEGIN}\n\n${table}\n\n${readme.slice(end)}`);
}
