import type { ChangeScript } from '@verified-mobile/test-support/script-mutant';
import { LAGGING_REPLICA, OLDER_SNAPSHOT, type LineageEvent } from '../lineage-events.ts';
import type { LineageStage } from '../lineage-stage.ts';
import { afterEvent, fateAcrossRestart, fatesBackAtTheFirst, fatesOf, fatesOfUsedTooSoon } from '../lineage-story.ts';

export interface LineageMutant {
  readonly name: string;
  readonly change: ChangeScript;
  /** What becomes of codes that must be refused. */
  readonly play: (stage: LineageStage) => Promise<readonly string[]>;
}

const fatesAfter =
  (event: LineageEvent): LineageMutant['play'] =>
  async (stage) => {
    const { issuer, codes } = await afterEvent(stage, event);
    return Object.values(await fatesOf(issuer, codes));
  };

/** Broken in what the scripts look at. A script that lacks the part stays as it is. */
const instead =
  (part: string, other: string): ChangeScript =>
  (script) =>
    script.replaceAll(part, other);

export const LINEAGE_MUTANTS: readonly LineageMutant[] = [
  {
    name: 'takes every challenge for one of this lineage',
    change: instead('return math.floor(tonumber(bound', 'return lineage + 0 * math.floor(tonumber(bound'),
    play: fatesAfter(OLDER_SNAPSHOT),
  },
  {
    name: 'does not look at who the server is',
    change: instead('string.sub(heads, 1, 16) ~= identity', "heads == ''"),
    play: fatesAfter(LAGGING_REPLICA),
  },
  {
    name: 'gives every lineage the same number',
    change: instead("redis.call('HINCRBY', lineageKey, 'number', 1)", "redis.call('HSETNX', lineageKey, 'number', 1)"),
    play: fatesAfter(LAGGING_REPLICA),
  },
  {
    name: 'does not compare with what the node knows',
    change: instead("(known ~= '' and not string.find(heads, known, 1, true))", 'false'),
    play: async (stage) => Object.values(await fatesBackAtTheFirst(stage)),
  },
  {
    name: 'compares at the attempt alone',
    change: instead(' or lineageOf(code.q) ~= lineage', ''),
    play: async (stage) => [await fateAcrossRestart(stage)],
  },
  {
    name: 'takes a code for one of the lineage in which its SMS was accepted',
    change: instead("'q', code.q,", "'q', bind(allowedOf(code.q)),"),
    play: fatesOfUsedTooSoon,
  },
];
