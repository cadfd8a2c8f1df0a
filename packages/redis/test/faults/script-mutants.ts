import type { ChangeScript } from '@verified-mobile/test-support/script-mutant';

export interface ScriptMutant {
  readonly name: string;
  /** The event after which it accepts tokens again, whatever else does. */
  readonly refusedBy: string;
  readonly change: ChangeScript;
}

function without(part: string, instead: string): ChangeScript {
  return (script) => {
    if (!script.includes(part)) throw new Error(`The script has no ${part} any more.`);
    return script.replaceAll(part, instead);
  };
}

/** Each lacks one of the signs by which a server is known. */
export const SCRIPT_MUTANTS: readonly ScriptMutant[] = [
  {
    name: 'does not look at the replication id',
    refusedBy: 'There and back, with uses lost, and nobody asks the other server',
    change: without('string.sub(heads, 1, 16) ~= identity', 'string.sub(heads, 1, 8) ~= string.sub(identity, 1, 8)'),
  },
  {
    name: 'does not look at who the server is',
    refusedBy: 'A replica that lacks uses is promoted',
    change: without('string.sub(heads, 1, 16) ~= identity', "heads == ''"),
  },
  {
    name: 'does not compare with what the caller knows',
    refusedBy: 'Back to the first primary, which never heard of the failover',
    change: without("(known ~= '' and not string.find(heads, known, 1, true))", 'false'),
  },
  {
    name: 'does not count evictions',
    refusedBy: 'Eviction, switched on for a while',
    change: without('evicted ~= evictedBefore', 'false'),
  },
  {
    name: 'has no fence',
    refusedBy: 'A restart without data',
    change: without('issued < fence', 'false'),
  },
];
