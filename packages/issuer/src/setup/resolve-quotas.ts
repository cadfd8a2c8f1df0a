import { DEFAULT_ACCOUNT_COUNTS, halfOf, type Quotas, type QuotaSettings, type SendCounts } from '../domain/quotas.ts';
import { misconfigured } from '../lib/errors.ts';
import { definedOf, refuseUnknownNames, requireWhole } from '../lib/settings.ts';

const COUNTS: readonly (keyof SendCounts)[] = ['perMinute', 'perHour', 'perDay'];
const HIGHEST = 1_000_000_000;

export function checkQuotas(name: string, given: QuotaSettings | undefined): QuotaSettings {
  if (given === undefined) return {};
  requireObject(name, given);
  refuseUnknownNames(name, given, ['account', 'agent', 'budgetPerMonth']);
  const { account, agent, budgetPerMonth } = given;
  for (const [whose, counts] of Object.entries({ account, agent })) {
    if (counts !== undefined) checkCounts(`${name}.${whose}`, counts);
  }
  if (budgetPerMonth !== undefined) requireWhole(`${name}.budgetPerMonth`, budgetPerMonth, 0, HIGHEST);
  return given;
}

/** The account's own settings, then those of all accounts, then the defaults. */
export function mergedQuotas(own: QuotaSettings, common: QuotaSettings): Quotas {
  const account = { ...DEFAULT_ACCOUNT_COUNTS, ...definedOf(common.account ?? {}), ...definedOf(own.account ?? {}) };
  const agent = { ...halfOf(account), ...definedOf(common.agent ?? {}), ...definedOf(own.agent ?? {}) };
  return { account, agent, budgetPerMonth: own.budgetPerMonth ?? common.budgetPerMonth };
}

function checkCounts(name: string, counts: Partial<SendCounts>): void {
  requireObject(name, counts);
  refuseUnknownNames(name, counts, COUNTS);
  for (const [count, value] of Object.entries(definedOf(counts))) {
    requireWhole(`${name}.${count}`, value, 1, HIGHEST);
  }
}

function requireObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) throw misconfigured(`${name} must be an object.`);
}
