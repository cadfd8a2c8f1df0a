import { defaultTexts } from '../dlt/default-texts.ts';
import { type DltRegistry, registeredTexts } from '../dlt/registry.ts';
import type { MessageTemplate } from '../dlt/template.ts';
import { misconfigured } from '../lib/errors.ts';
import { type Account, type CommonRules, withoutSignature } from './resolve-accounts.ts';

/** What each account may send, by its id. */
export type Texts = ReadonlyMap<string, readonly MessageTemplate[]>;

export function checkRegistry(dltRegistry: unknown): DltRegistry | undefined {
  const { accounts }: { accounts?: unknown } = Object(dltRegistry);
  if (dltRegistry === undefined || accounts instanceof Map) return dltRegistry as DltRegistry | undefined;
  throw misconfigured('dltRegistry must be the result of readDltRegistry(text) of @verified-mobile/issuer/dlt.');
}

/** With a registry an account sends what is registered for it alone. */
export function resolveTexts(
  accounts: ReadonlyMap<string, Account>,
  registry: DltRegistry | undefined,
  { environment }: Pick<CommonRules, 'environment'>,
): Texts {
  return new Map(
    [...accounts.values()].map((account, index) => {
      const registered = registry?.accounts.get(account.id);
      if (registered !== undefined) return [account.id, registeredTexts(registered)];
      if (registry !== undefined && environment === 'production' && account.environment === 'production') {
        throw misconfigured(
          `dltRegistry has no entry for the account ${account.id}: operators would drop what it sends (601 ` +
            `ENTITY_NOT_REGISTERED). Add ${account.id} to its accounts. There are ${[...registry.accounts.keys()].join(', ')}.`,
        );
      }
      if (account.senderSignature === undefined) throw withoutSignature(`accounts[${index}].senderSignature`);
      return [account.id, defaultTexts(account.senderSignature)];
    }),
  );
}
