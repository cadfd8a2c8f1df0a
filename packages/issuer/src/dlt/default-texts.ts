import type { SmsPurpose } from '../domain/sms-message.ts';
import { type MessageTemplate, partsOf, type VariableBinding } from './template.ts';

/** Of an account that names none. */
export const SANDBOX_SENDER_SIGNATURE = 'Eko India';

const LANGUAGE = 'en';
/** Nothing compares these texts with anything. */
const ANY_LENGTH = Infinity;

const WORDS: readonly (readonly [SmsPurpose, string, readonly VariableBinding[]])[] = [
  ['mobile-verification', '{#var#} is the OTP to verify your mobile number.', ['code']],
  [
    'transaction-approval',
    '{#var#} is the OTP to pay {#var#} {#var#} to {#var#}.',
    ['code', 'currency', 'amount', 'payee'],
  ],
];

/** The texts of an account without a registration. */
export function defaultTexts(senderSignature: string): readonly MessageTemplate[] {
  const signature = `\n- ${senderSignature}`;
  return WORDS.map(([purpose, words, variables]) => ({
    purpose,
    language: LANGUAGE,
    text: words + signature,
    // Not cut out of the whole text: a signature that looks like a variable is none.
    parts: [...partsOf(words, ANY_LENGTH), { kind: 'fixed', text: signature }],
    variables,
  }));
}
