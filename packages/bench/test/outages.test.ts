import { describe, expect, it } from 'vitest';
import type { Invocation } from '@verified-mobile/test-support/history';
import { audit, type Findings } from '../src/outages/audit.ts';
import type { LedgerEntry, NodeLedger } from '../src/outages/ledgers.ts';
import { type AskedSend, emptyRecord } from '../src/outages/record.ts';
import type { HandedOverSms } from '../src/outages/sms-inbox.ts';

const NODE = 'node-1';
const send = (tid: string, startedAt: number): AskedSend => ({
  node: NODE,
  outcome: 'accepted',
  clientRefId: tid,
  tid,
  startedAt,
  endedAt: startedAt + 10,
});
const sms = (challengeId: string, at: number): HandedOverSms => ({
  node: NODE,
  challengeId,
  mobile: challengeId,
  code: '134021',
  at,
});
const use = (operation: string, changes: Partial<Invocation> = {}): Invocation => ({
  id: 'token',
  operation,
  process: NODE,
  start: 0,
  end: 1,
  outcome: 'accepted',
  retry: false,
  ...changes,
});
const lineOf = (changes: Partial<LedgerEntry>): LedgerEntry => ({ at: 0, kind: 'send', ...changes });
const loss = (at: number, lost: number): LedgerEntry => ({ at, kind: 'loss', lost });

function found(
  seen: Partial<ReturnType<typeof emptyRecord>>,
  entries: readonly LedgerEntry[] = [],
  messages: readonly HandedOverSms[] = [],
): Findings {
  const ledger: NodeLedger = { node: NODE, entries, problems: [] };
  return audit({ ...emptyRecord(), ...seen }, messages, [ledger]);
}

describe('what the outages are audited for', () => {
  it('a second token for one challenge, in answers, in the ledger, or in one of each', () => {
    const given = (tokenId: string): { challengeId: string; tokenId: string } => ({ challengeId: 'c', tokenId });
    const recorded = (tokenId: string): LedgerEntry => lineOf({ kind: 'token', ...given(tokenId) });
    const count = (tokens: string[], lines: string[]): number =>
      found({ tokens: tokens.map(given) }, lines.map(recorded)).violations.secondTokens;
    expect(count(['one', 'one'], ['one'])).toBe(0);
    expect(count(['one', 'two'], [])).toBe(1);
    expect(count([], ['one', 'two'])).toBe(1);
    expect(count(['one'], ['two'])).toBe(1);
  });

  it('a token consumed twice, by two operations or as a first use once more', () => {
    const count = (...consumptions: Invocation[]): number => found({ consumptions }).violations.consumedTwice;
    expect(count(use('pay'), use('pay', { retry: true }), use('rival', { outcome: 'refused' }))).toBe(0);
    expect(count(use('pay'), use('pay', { outcome: 'refused' }), use('pay', { outcome: 'unknown' }))).toBe(0);
    expect(count(use('pay'), use('rival'))).toBe(1);
    expect(count(use('pay'), use('pay'))).toBe(1);
  });

  it('a token that the ledger says was consumed twice, although an answer got lost', () => {
    const line = (changes: Partial<LedgerEntry> = {}): LedgerEntry =>
      lineOf({ kind: 'consumption', outcome: 'accepted', tokenId: 'token', ...changes });
    expect(found({}, [line(), line({ reason: 'same-operation' })]).violations.consumedTwice).toBe(0);
    expect(found({}, [line(), line()]).violations.consumedTwice).toBe(1);
  });

  it('an answered send that no line names', () => {
    const sends = [send('1', 100), { ...send('', 100), outcome: 'late' as const }];
    const without = (...entries: LedgerEntry[]): number => found({ sends }, entries).violations.sendsWithoutTrace;
    expect(without(lineOf({ tid: '1', outcome: 'intended' }))).toBe(0);
    expect(without(lineOf({ tid: '2' }))).toBe(1);
  });

  it('an SMS without its line; one whose line came, and one that a loss explains, are none', () => {
    const messages = [sms('a', 5_000), sms('b', 6_000)];
    const line = lineOf({ challengeId: 'a', outcome: 'intended' });
    const after = (...entries: LedgerEntry[]): Findings => found({}, entries, messages);
    expect(after(line)).toMatchObject({ violations: { smsWithoutTrace: 1 }, costs: { smsWithoutIntended: 1 } });
    expect(after(line, loss(7_000, 1))).toMatchObject({
      violations: { smsWithoutTrace: 0 },
      costs: { smsWithoutIntended: 1, lostLines: 1 },
    });
  });

  it('problems of the ledgers', () => {
    const ledger = { node: NODE, entries: [], problems: ['entry 2 is missing.'] };
    expect(audit(emptyRecord(), [], [ledger]).violations.ledgerProblems).toBe(1);
  });
});

describe('a loss line', () => {
  const sends = [send('1', 100), send('2', 110)];
  const without = (...entries: LedgerEntry[]): number => found({ sends }, entries).violations.sendsWithoutTrace;

  it('is a trace of as many events as it counts, two for each send', () => {
    expect(without(loss(200, 4))).toBe(0);
    expect(without(loss(200, 3))).toBe(1);
    expect(without(loss(200, 1))).toBe(2);
  });

  it('is no trace of what came later, nor of what came before the loss before it', () => {
    expect(without(loss(99, 4))).toBe(2);
    expect(without(loss(130, 0), loss(200, 4))).toBe(2);
  });

  it('is no trace of what another node lost', () => {
    const [ours, other] = [NODE, 'node-2'].map((node) => ({ node, entries: [] as LedgerEntry[], problems: [] }));
    other!.entries.push(loss(200, 4));
    const { violations } = audit({ ...emptyRecord(), sends }, [], [ours!, other!]);
    expect(violations.sendsWithoutTrace).toBe(2);
  });
});
