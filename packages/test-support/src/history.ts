import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One request that presented a token, as its caller saw it. */
export interface Invocation {
  readonly id: string;
  readonly operation: string;
  readonly process: string;
  /** Milliseconds of one clock for all processes of a machine. */
  readonly start: number;
  readonly end: number;
  /** `unknown`: a timeout or an outage. What the store did is not known; it is never counted as failed. */
  readonly outcome: 'accepted' | 'refused' | 'unknown';
  /** Whether an accepted request was told that its operation had been accepted before. */
  readonly retry?: boolean;
}

export interface Tolerated {
  /** The store lost its memory on the way: what was used before may be refused to its own retry, never passed again. */
  readonly refusedRetries?: boolean;
}

/** What may not have happened, by the one rule set that every store and every fault is held to. */
export function violationsOf(history: readonly Invocation[], tolerated: Tolerated = {}): string[] {
  const rules = tolerated.refusedRetries ? [secondEffects] : [secondEffects, refusedRetries, causelessRefusals];
  return [...byId(history).values()].flatMap((uses) => rules.flatMap((rule) => rule(uses)));
}

function byId(history: readonly Invocation[]): Map<string, Invocation[]> {
  const groups = new Map<string, Invocation[]>();
  for (const invocation of history) {
    const group = groups.get(invocation.id);
    if (group) group.push(invocation);
    else groups.set(invocation.id, [invocation]);
  }
  return groups;
}

function secondEffects(uses: readonly Invocation[]): string[] {
  const accepted = uses.filter(({ outcome }) => outcome === 'accepted');
  const operations = new Set(accepted.map(({ operation }) => operation));
  const firsts = accepted.filter(({ retry }) => retry === false);
  return [
    ...(operations.size > 1 ? [`${uses[0]?.id}: accepted for ${operations.size} operations`] : []),
    ...(operations.size === 1 && firsts.length > 1 ? [`${uses[0]?.id}: ${firsts.length} first uses`] : []),
  ];
}

function refusedRetries(uses: readonly Invocation[]): string[] {
  const refused = uses.filter(({ outcome }) => outcome === 'refused');
  return refused
    .filter((late) =>
      uses.some(
        ({ outcome, operation, end }) => outcome === 'accepted' && operation === late.operation && end < late.start,
      ),
    )
    .map(({ id, operation }) => `${id}: ${operation} was accepted, and its own retry refused`);
}

/** A token that nothing else can have used by then must not be refused. */
function causelessRefusals(uses: readonly Invocation[]): string[] {
  const refused = uses.filter(({ outcome }) => outcome === 'refused');
  return refused
    .filter(({ operation, end }) => !uses.some((other) => other.operation !== operation && other.start < end))
    .map(({ id, operation }) => `${id}: ${operation} was refused, and nothing else had used the token`);
}

/** The clock of the history: the same for every process of this machine. */
export function historyClock(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

/** @throws if the history breaks the rules: names the file that holds it, and the seed that made it */
export function requireLegal(history: readonly Invocation[], seed: string, tolerated?: Tolerated): void {
  const violations = violationsOf(history, tolerated);
  if (violations.length === 0) return;
  const file = join(mkdtempSync(join(tmpdir(), 'history-')), 'history.json');
  writeFileSync(file, JSON.stringify({ seed, violations, history }, undefined, 1));
  throw new Error(`${violations.length} violations, seed ${seed}: ${violations[0]}\nThe history is in ${file}`);
}

/** The same numbers from 0 to 1 for the same seed (mulberry32). */
export function seededRandom(seed: string): () => number {
  let state = 0;
  for (const character of seed) state = (Math.imul(state, 31) + character.charCodeAt(0)) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
