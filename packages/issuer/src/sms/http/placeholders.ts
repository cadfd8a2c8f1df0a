import type { SmsMessage } from '../../domain/sms-message.ts';
import { chainHash } from '../../dlt/chain-hash.ts';

/** What a placeholder may be made from beside the message. */
export interface Surroundings {
  readonly telemarketerIds: readonly string[];
  readonly now: number;
}

type Read = (message: SmsMessage, surroundings: Surroundings) => string | undefined;

const COUNTRY_CODE = '+91';

export type Placeholder =
  | 'to'
  | 'to.national'
  | 'to.digits'
  | 'text'
  | 'challengeId'
  | 'purpose'
  | 'expiresInSeconds'
  | `dlt.${'entityId' | 'header' | 'headerId' | 'templateId' | 'category' | 'chainHash'}`;
export type Values = ReadonlyMap<Placeholder, string>;

const PLACEHOLDERS: Readonly<Record<Placeholder, Read>> = {
  to: ({ to }) => to,
  'to.national': ({ to }) => (to.startsWith(COUNTRY_CODE) ? to.slice(COUNTRY_CODE.length) : undefined),
  'to.digits': ({ to }) => to.slice(1),
  text: ({ text }) => text,
  challengeId: ({ challengeId }) => challengeId,
  purpose: ({ purpose }) => purpose,
  expiresInSeconds: ({ expiresAt }, { now }) => String(Math.max(0, Math.floor((expiresAt - now) / 1000))),
  'dlt.entityId': ({ dlt }) => dlt?.entityId,
  'dlt.header': ({ dlt }) => dlt?.header,
  'dlt.headerId': ({ dlt }) => dlt?.headerId,
  'dlt.templateId': ({ dlt }) => dlt?.templateId,
  'dlt.category': ({ dlt }) => dlt?.category,
  'dlt.chainHash': ({ dlt }, { telemarketerIds }) => dlt && chainHash(dlt.entityId, telemarketerIds),
};

export const PLACEHOLDER_NAMES: readonly string[] = Object.keys(PLACEHOLDERS);

export function isPlaceholder(name: string): name is Placeholder {
  return Object.hasOwn(PLACEHOLDERS, name);
}

/** @returns `undefined` if the message lacks one of them */
export function readValues(
  needed: ReadonlySet<Placeholder>,
  message: SmsMessage,
  surroundings: Surroundings,
): Values | undefined {
  const values = new Map<Placeholder, string>();
  for (const name of needed) {
    const value = PLACEHOLDERS[name](message, surroundings);
    if (value === undefined) return undefined;
    values.set(name, value);
  }
  return values;
}
