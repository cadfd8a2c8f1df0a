import { DEFAULT_SENDER_SIGNATURE } from '../domain/otp-code.ts';
import { misconfigured, refuseUnknownNames } from '../errors.ts';
import type { IssuerAccount } from './options.ts';

/** An account with its defaults filled in. */
export type Account = Required<IssuerAccount>;

const ACCOUNT_NAMES: readonly (keyof IssuerAccount)[] = [
  'id',
  'developerKey',
  'accessKeys',
  'initiatorId',
  'audience',
  'senderSignature',
];
const SHORTEST_ACCESS_KEY = 16;

/** Checks every account; gives them by developer key. */
export function resolveAccounts(accounts: unknown): ReadonlyMap<string, Account> {
  if (!Array.isArray(accounts) || accounts.length === 0) {
    throw misconfigured('accounts must list at least one account: nobody could call this issuer.');
  }
  const resolved = accounts.map((account: IssuerAccount, index) => resolveAccount(account, `accounts[${index}]`));
  refuseTwins(resolved, 'id');
  refuseTwins(resolved, 'developerKey');
  return new Map(resolved.map((account) => [account.developerKey, account]));
}

function resolveAccount(account: IssuerAccount, name: string): Account {
  if (typeof account !== 'object' || account === null) throw misconfigured(`${name} must be an object.`);
  refuseUnknownNames(name, account, ACCOUNT_NAMES);
  const { id, developerKey, accessKeys, initiatorId, audience, senderSignature = DEFAULT_SENDER_SIGNATURE } = account;
  for (const [member, value] of Object.entries({ id, developerKey, audience, senderSignature })) {
    if (typeof value !== 'string' || value.trim() === '') {
      throw misconfigured(`${name}.${member} must be a string that is not empty.`);
    }
  }
  if (typeof initiatorId !== 'string' || !/^[0-9]{10}$/.test(initiatorId)) {
    throw misconfigured(`${name}.initiatorId must be the account's registered mobile, ten digits.`);
  }
  return { id, developerKey, accessKeys: checkedAccessKeys(accessKeys, name), initiatorId, audience, senderSignature };
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

function refuseTwins(accounts: readonly Account[], member: 'id' | 'developerKey'): void {
  if (new Set(accounts.map((account) => account[member])).size === accounts.length) return;
  throw misconfigured(`Two accounts have the same ${member}. Give each its own.`);
}
