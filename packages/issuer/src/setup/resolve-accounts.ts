import { BlockList, isIP } from 'node:net';
import type { ReplayStore } from '@verified-mobile/core';
import { halved, type Limits } from '../domain/limits.ts';
import { CODE_DIGITS, DEFAULT_CODE_DIGITS } from '../domain/otp-code.ts';
import type { Quotas, QuotaSettings } from '../domain/quotas.ts';
import { misconfigured } from '../lib/errors.ts';
import { refuseUnknownNames } from '../lib/settings.ts';
import { SANDBOX_SENDER_SIGNATURE } from '../dlt/default-texts.ts';
import type { Environment, IssuerAccount } from './options.ts';
import { refusePublishedKeys } from './published-keys.ts';
import { mergedLimits } from './resolve-limits.ts';
import { checkQuotas, mergedQuotas } from './resolve-quotas.ts';

/** What the issuer's own options say to every account. */
export interface CommonRules {
  readonly limits: Limits;
  readonly quotas: QuotaSettings;
  readonly replayStore: ReplayStore | undefined;
  readonly timestampWindowSeconds: number;
  readonly environment: Environment;
}

/** An account with its defaults filled in. */
export interface Account extends Required<
  Omit<IssuerAccount, 'senderSignature' | 'allowedAddresses' | 'limits' | 'quotas'>
> {
  /** `undefined`: its texts must be registered. */
  readonly senderSignature: string | undefined;
  /** `undefined`: from anywhere. */
  readonly allowedAddresses: BlockList | undefined;
  readonly limits: Limits;
  readonly quotas: Quotas;
}

const ACCOUNT_NAMES: readonly (keyof IssuerAccount)[] = [
  'id',
  'developerKey',
  'accessKeys',
  'initiatorId',
  'audience',
  'senderSignature',
  'environment',
  'allowedAddresses',
  'requireMessageSignature',
  'codeDigits',
  'limits',
  'quotas',
];
const SHORTEST_ACCESS_KEY = 16;
/** No replay store has to remember an id for more than eight minutes, and a signature must outlive its timestamp. */
const LONGEST_WINDOW_OF_SIGNATURES_SECONDS = 300;

/** Checks every account; returns them by developer key. */
export function resolveAccounts(accounts: unknown, rules: CommonRules): ReadonlyMap<string, Account> {
  if (!Array.isArray(accounts) || accounts.length === 0) {
    throw misconfigured('accounts must list at least one account: nobody could call this issuer.');
  }
  const resolved = accounts.map((account: IssuerAccount, index) =>
    resolveAccount(account, `accounts[${index}]`, rules),
  );
  refuseTwins(resolved, 'id');
  refuseTwins(resolved, 'developerKey');
  return new Map(resolved.map((account) => [account.developerKey, account]));
}

function resolveAccount(account: IssuerAccount, name: string, rules: CommonRules): Account {
  if (typeof account !== 'object' || account === null) throw misconfigured(`${name} must be an object.`);
  refuseUnknownNames(name, account, ACCOUNT_NAMES);
  const { id, developerKey, initiatorId, audience } = account;
  for (const [member, value] of Object.entries({ id, developerKey, audience })) {
    if (typeof value !== 'string' || value.trim() === '') {
      throw misconfigured(`${name}.${member} must be a string that is not empty.`);
    }
  }
  if (typeof initiatorId !== 'string' || !/^[0-9]{10}$/.test(initiatorId)) {
    throw misconfigured(`${name}.initiatorId must be the account's registered mobile, ten digits.`);
  }
  const { environment = 'production', codeDigits = DEFAULT_CODE_DIGITS } = account;
  if (environment !== 'production' && environment !== 'sandbox') {
    throw misconfigured(`${name}.environment must be production or sandbox.`);
  }
  if (!CODE_DIGITS.includes(codeDigits)) {
    throw misconfigured(`${name}.codeDigits must be ${CODE_DIGITS.join(' or ')}.`);
  }
  const accessKeys = checkedAccessKeys(account.accessKeys, name);
  refusePublishedKeys(`${name}.developerKey`, [developerKey], environment);
  refusePublishedKeys(`${name}.accessKeys`, accessKeys, environment);
  const own = mergedLimits(`${name}.limits`, account.limits, rules.limits);
  return {
    id,
    developerKey,
    initiatorId,
    audience,
    senderSignature: checkedSignature(account, `${name}.senderSignature`),
    environment,
    codeDigits,
    accessKeys,
    allowedAddresses: addressList(account.allowedAddresses, `${name}.allowedAddresses`),
    requireMessageSignature: checkedRequirement(account, name, rules),
    limits: codeDigits < DEFAULT_CODE_DIGITS ? halved(own) : own,
    quotas: mergedQuotas(checkQuotas(`${name}.quotas`, account.quotas), rules.quotas),
  };
}

function checkedRequirement(
  { requireMessageSignature = false }: IssuerAccount,
  account: string,
  { replayStore, timestampWindowSeconds }: CommonRules,
): boolean {
  const name = `${account}.requireMessageSignature`;
  if (typeof requireMessageSignature !== 'boolean') throw misconfigured(`${name} must be true or false.`);
  if (requireMessageSignature && replayStore === undefined) {
    throw misconfigured(
      `${name} needs a replay store, or a signature would serve again. Give createIssuer a replayStore; ` +
        'for the command set ISSUER_REPLAY_STORE.',
    );
  }
  if (requireMessageSignature && timestampWindowSeconds > LONGEST_WINDOW_OF_SIGNATURES_SECONDS) {
    throw misconfigured(
      `${name} needs a timestampWindowSeconds of ${LONGEST_WINDOW_OF_SIGNATURES_SECONDS} at most: ` +
        'a replay store remembers no signature for longer.',
    );
  }
  return requireMessageSignature;
}

/** One account must not send in the name of another company because a setting was left out. */
function checkedSignature({ senderSignature, environment }: IssuerAccount, name: string): string | undefined {
  if (senderSignature === undefined) return environment === 'sandbox' ? SANDBOX_SENDER_SIGNATURE : undefined;
  if (typeof senderSignature === 'string' && /^\S(?:.*\S)?$/.test(senderSignature)) return senderSignature;
  throw withoutSignature(name);
}

/** Refuses an account whose SMS would have no sender. */
export function withoutSignature(name: string): Error {
  return misconfigured(
    `${name} must be the last line of the SMS as it is registered, without blanks around it, such as Example Bank.`,
  );
}

function checkedAccessKeys(accessKeys: unknown, name: string): readonly string[] {
  const isFit =
    Array.isArray(accessKeys) &&
    (accessKeys.length === 1 || accessKeys.length === 2) &&
    accessKeys.every((key) => typeof key === 'string' && key.length >= SHORTEST_ACCESS_KEY);
  if (isFit) return [...accessKeys];
  throw misconfigured(
    `${name}.accessKeys must hold one or two keys of at least ${SHORTEST_ACCESS_KEY} characters. ` +
      "Make one with randomBytes(32).toString('base64url') of node:crypto.",
  );
}

function addressList(addresses: unknown, name: string): BlockList | undefined {
  if (addresses === undefined) return undefined;
  const remedy = `${name} must list addresses or networks, such as 203.0.113.7 or 2001:db8::/32.`;
  if (!Array.isArray(addresses) || addresses.length === 0) throw misconfigured(remedy);
  const list = new BlockList();
  for (const entry of addresses as unknown[]) {
    const [address = '', length] = String(entry).split('/');
    const version = isIP(address);
    const bits = version === 4 ? 32 : 128;
    const isNetwork = length === undefined || (/^[0-9]{1,3}$/.test(length) && Number(length) <= bits);
    if (version === 0 || !isNetwork) throw misconfigured(remedy);
    list.addSubnet(address, Number(length ?? bits), version === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}

function refuseTwins(accounts: readonly Account[], member: 'id' | 'developerKey'): void {
  if (new Set(accounts.map((account) => account[member])).size === accounts.length) return;
  throw misconfigured(`Two accounts have the same ${member}. Give each its own.`);
}
