#!/usr/bin/env node
/** `verified-mobile-issuer`: the issuer as a service, and what its operator needs beside it. */
import { readFileSync } from 'node:fs';
import { IssuerError } from './lib/errors.ts';

const USAGE = `verified-mobile-issuer                       serves; its settings are in the environment
verified-mobile-issuer keys rotate <file>    adds a key that signs in ten minutes, and retires the one before
verified-mobile-issuer keys list <file>      shows the keys and their times
verified-mobile-issuer keys revoke <file> <kid>
                                             drops a key that leaked, at once
verified-mobile-issuer peppers rotate <file> adds a pepper that is used in ten minutes, and retires the one before
verified-mobile-issuer peppers list <file>   shows the peppers, by the beginnings of their hashes, and their times
verified-mobile-issuer ledger verify <folder>
verified-mobile-issuer ledger verify --postgres
                                             finds any changed or missing line, in a folder or in every chain at
                                             ISSUER_LEDGER_POSTGRES_URL
    --node <name>                            only this node's chain, and the checkpoints of it
    --checkpoint <checkpoint or file>        proves that the entry of a checkpoint is there; a file may be a log
    --keys <file>                            that signed them: a key set, also as published. Default: ISSUER_KEYS
verified-mobile-issuer ledger find <folder>, or ledger find --postgres
                                             prints the lines of a mobile, an answer or a request
    --mobile <mobile>                        needs the ISSUER_DIGEST_KEY that the service has
    --tid <tid>, --request-id <id>
    --from <time>, --to <time>               such as 2026-05-22T14:00:00+05:30
verified-mobile-issuer ledger archive <folder> <archive folder>
                                             moves all files but the newest, also while the service runs, and leaves a
                                             signed checkpoint; needs ISSUER_URL and ISSUER_KEYS
verified-mobile-issuer ledger migrate        makes the ledger's tables, so that the service needs no right to
verified-mobile-issuer release <account> <mobile>
                                             forgets the failures of a mobile, the stop after 100 included
verified-mobile-issuer dlt check [<file>]      finds what is wrong in a DLT registry, what may cost messages, and what they
                                             cost; without a file that of ISSUER_DLT_REGISTRY
    --text <text>                            says which template the text matches, and where it departs from the others
    --account <account>, --template <id>     only these
    --json
verified-mobile-issuer config check          checks the settings, and says what would be in force
verified-mobile-issuer --version             says the version

Every setting NAME may also be given as NAME_FILE, the path of a file with its value. SIGHUP reads those files again.
See the README of @verified-mobile/issuer for the settings.
`;

async function run(args: readonly string[]): Promise<number> {
  const [command = 'serve', ...rest] = args;
  // Loaded when asked for: the service's libraries take half a second, and the other commands need none of them.
  if (command === 'serve' && rest.length === 0) return (await import('./command/serve.ts')).runServe(process.env);
  if (command === 'keys') return (await import('./command/keys.ts')).runKeys(rest);
  if (command === 'peppers') return (await import('./command/peppers.ts')).runPeppers(rest);
  if (command === 'config') return (await import('./command/config.ts')).runConfig(rest, process.env);
  if (command === 'release') return (await import('./command/release.ts')).runRelease(rest, process.env);
  if (command === 'dlt') return (await import('./command/dlt.ts')).runDlt(rest, process.env);
  if (command === 'ledger') return (await import('./command/ledger.ts')).runLedger(rest, process.env);
  if (command === '--version') return sayVersion();
  process.stdout.write(USAGE);
  return command === 'help' || command === '--help' ? 0 : 2;
}

function sayVersion(): number {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  process.stdout.write(`${(JSON.parse(text) as { version: string }).version}\n`);
  return 0;
}

/** Of `parseArgs`: its message names the argument. */
function isUnknownArgument(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

async function inOneLine(error: Error): Promise<string> {
  const { causeOf } = await import('./command/away.ts');
  const cause = error.cause === undefined ? '' : causeOf(error.cause);
  return error.message.includes(cause) ? error.message : `${error.message} (${cause})`;
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof IssuerError) && !isUnknownArgument(error)) throw error;
  // Ends at once: what was opened before the fault (a port, a connection) would keep half a service alive.
  process.stderr.write(`${await inOneLine(error)}\n`, () => process.exit(1));
}
