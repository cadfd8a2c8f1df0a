import { parseArgs } from 'node:util';
import { normaliseMobile } from '@verified-mobile/core';
import { createPseudonyms } from '../domain/pseudonyms.ts';
import type { LedgerLine } from '../ledger/check-chain.ts';
import { folderLines } from '../ledger/verify-folder.ts';
import { postgresLedgerNodes, postgresLines } from '../ledger/verify-postgres.ts';
import { misconfigured } from '../lib/errors.ts';
import { withLedgerDatabase } from './ledger-database.ts';
import { readSetting, type Variables } from '../lib/read-setting.ts';
import { asBase64 } from './setting-values.ts';

export const FIND_USAGE: string =
  'ledger find <folder>, or ledger find --postgres, with --mobile <mobile>, --tid <tid> or --request-id <id>, and ' +
  '[--from <time>] [--to <time>]';

type Entry = Readonly<Record<string, unknown>>;
type Matches = (entry: Entry) => boolean;

/** `ledger find`: prints the lines of one person, answer or request. Exits with 1 if there is none. */
export async function runFind(args: readonly string[], variables: Variables): Promise<number> {
  const text = { type: 'string' } as const;
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { postgres: { type: 'boolean' }, mobile: text, tid: text, 'request-id': text, from: text, to: text },
  });
  const [folder] = positionals;
  const { mobile, tid, 'request-id': requestId } = values;
  if (
    (folder === undefined) !== (values.postgres === true) ||
    positionals.length > 1 ||
    [mobile, tid, requestId].every((given) => given === undefined)
  ) {
    throw misconfigured(`Usage: verified-mobile-issuer ${FIND_USAGE}.`);
  }
  const conditions: Matches[] = [
    ...(mobile === undefined ? [] : [isOf(digestOf(mobile, variables))]),
    ...(tid === undefined ? [] : [(entry: Entry) => entry['tid'] === tid]),
    ...(requestId === undefined ? [] : [(entry: Entry) => entry['requestId'] === requestId]),
    between(values.from, values.to),
  ];
  const matches: Matches = (entry) => conditions.every((condition) => condition(entry));
  if (folder !== undefined) return (await print(folderLines(folder), matches)) > 0 ? 0 : 1;
  return withLedgerDatabase(variables, async (client, table) => {
    let found = 0;
    for (const node of await postgresLedgerNodes(client, table)) {
      found += await print(postgresLines(client, node, table), matches);
    }
    return found > 0 ? 0 : 1;
  });
}

async function print(lines: AsyncIterable<LedgerLine>, matches: Matches): Promise<number> {
  let found = 0;
  for await (const { text } of lines) {
    if (text === undefined || !matches(entryOf(text))) continue;
    process.stdout.write(`${text}\n`);
    found += 1;
  }
  return found;
}

/** A line that is none is for `ledger verify` to find. */
function entryOf(text: string): Entry {
  try {
    return JSON.parse(text) as Entry;
  } catch {
    return {};
  }
}

function isOf(digest: string): Matches {
  return ({ mobileDigest }) => mobileDigest === digest;
}

function digestOf(spelling: string, variables: Variables): string {
  const mobile = normaliseMobile(spelling);
  if (mobile === undefined) throw misconfigured('--mobile must be an Indian mobile.');
  const key = readSetting(variables, 'ISSUER_DIGEST_KEY');
  if (key === undefined) {
    throw misconfigured('ISSUER_DIGEST_KEY is missing: lines name a mobile by its digest under that key.');
  }
  return String(createPseudonyms(asBase64(key)).ofMobile(mobile).mobileDigest);
}

function between(from: string | undefined, to: string | undefined): Matches {
  const [first, last] = [instantOf('--from', from) ?? 0, instantOf('--to', to) ?? Infinity];
  return ({ at }) => typeof at === 'number' && at >= first && at <= last;
}

function instantOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const instant = Date.parse(text);
  if (Number.isNaN(instant)) throw misconfigured(`${name} must be a time, such as 2026-05-22T14:00:00+05:30.`);
  return instant;
}
