import { violationsOf } from '@verified-mobile/test-support/history';
import type { LedgerEntry, NodeLedger } from './ledgers.ts';
import type { CustomersRecord } from './record.ts';
import type { HandedOverSms } from './sms-inbox.ts';
import { untraced } from './traces.ts';

/** What must not have happened, each counted. */
export interface Violations {
  readonly secondTokens: number;
  readonly consumedTwice: number;
  readonly wrongCodesAccepted: number;
  readonly sendsWithoutTrace: number;
  readonly smsWithoutTrace: number;
  readonly ledgerProblems: number;
}

/** What outages may cost. */
export interface Costs {
  readonly smsWithoutIntended: number;
  readonly referencesWithSecondSms: number;
  readonly lostLines: number;
}

export interface Findings {
  readonly violations: Violations;
  readonly costs: Costs;
}

/** Holds what the customers saw against what was handed over and what the ledgers say. */
export function audit(
  record: CustomersRecord,
  messages: readonly HandedOverSms[],
  ledgers: readonly NodeLedger[],
): Findings {
  const entries = ledgers.flatMap((ledger) => ledger.entries);
  const unannounced = smsWithoutIntended(messages, entries);
  return {
    violations: {
      secondTokens: secondTokens(record, entries),
      consumedTwice: consumedTwice(record, entries),
      wrongCodesAccepted: record.wrongCodesAccepted,
      sendsWithoutTrace: sendsWithoutTrace(record, ledgers),
      smsWithoutTrace: untraced(
        unannounced.map(({ node, at }) => ({ node, from: at - INTENT_BEFORE_SMS_MS, to: at, lines: 1 })),
        ledgers,
      ),
      ledgerProblems: ledgers.flatMap(({ problems }) => problems).length,
    },
    costs: {
      smsWithoutIntended: unannounced.length,
      referencesWithSecondSms: repeated(messages.map(({ mobile }) => mobile)),
      lostLines: entries.reduce((sum, { lost = 0 }) => sum + lost, 0),
    },
  };
}

/** How long before the SMS its line may have been made. */
const INTENT_BEFORE_SMS_MS = 3_000;

/** Challenges with more than one token, by the answers and by the ledgers: an answer that got lost has one, too. */
function secondTokens({ tokens }: CustomersRecord, entries: readonly LedgerEntry[]): number {
  const recorded = entries.flatMap(({ kind, challengeId, tokenId }) =>
    (kind === 'token' || kind === 'attempt') && challengeId !== undefined && tokenId !== undefined
      ? [{ challengeId, tokenId }]
      : [],
  );
  const byChallenge = new Map<string, Set<string>>();
  for (const { challengeId, tokenId } of [...tokens, ...recorded]) {
    byChallenge.set(challengeId, (byChallenge.get(challengeId) ?? new Set()).add(tokenId));
  }
  return [...byChallenge.values()].filter(({ size }) => size > 1).length;
}

/** By the answers and by the ledgers, whichever are more. Redis may forget, so that an honest repetition is refused. */
function consumedTwice({ consumptions }: CustomersRecord, entries: readonly LedgerEntry[]): number {
  const firstUses = entries.filter(
    ({ kind, outcome, reason }) => kind === 'consumption' && outcome === 'accepted' && reason === undefined,
  );
  const seen = violationsOf(consumptions, { refusedRetries: true }).length;
  return Math.max(seen, repeated(firstUses.map(({ tokenId = '' }) => tokenId)));
}

/** Accepted sends that no line of any ledger names, and no loss explains: each has two lines. */
function sendsWithoutTrace({ sends }: CustomersRecord, ledgers: readonly NodeLedger[]): number {
  const named = new Set(ledgers.flatMap(({ entries }) => entries.map(({ tid }) => tid)));
  const missing = sends.filter(({ outcome, tid }) => outcome === 'accepted' && !named.has(tid));
  return untraced(
    missing.map(({ node, startedAt, endedAt }) => ({ node, from: startedAt, to: endedAt, lines: 2 })),
    ledgers,
  );
}

function smsWithoutIntended(messages: readonly HandedOverSms[], entries: readonly LedgerEntry[]): HandedOverSms[] {
  const intended = new Set(
    entries.filter(({ outcome }) => outcome === 'intended').map(({ challengeId }) => challengeId),
  );
  return messages.filter(({ challengeId }) => !intended.has(challengeId));
}

/** How many of the values are there more than once. */
function repeated(values: readonly string[]): number {
  const seen = new Set<string>();
  const again = new Set<string>();
  for (const value of values) (seen.has(value) ? again : seen).add(value);
  return again.size;
}
