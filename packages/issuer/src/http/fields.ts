import { randomInt } from 'node:crypto';
import { normaliseMobile } from '@verified-mobile/core';
import { CODE_DIGITS } from '../domain/otp-code.ts';

/** What one field takes. */
export interface FieldRule {
  /** Completes "<field> must be …". */
  takes: string;
  /** The value as the use cases want it, or `undefined` to refuse it. */
  accept: (value: unknown) => string | undefined;
  /** Where the caller may leave the field out: its value then. */
  whenAbsent?: () => string;
}

export type FieldReading<Name extends string> =
  | { ok: true; fields: Record<Name, string> }
  | { ok: false; message: string };

/** The caller's own mobile or an agent's, as registered. */
export const TEN_DIGITS: FieldRule = textMatching(/^[0-9]{10}$/, 'a string of ten digits');
export const OTP: FieldRule = textMatching(new RegExp(`^[0-9]{${CODE_DIGITS}}$`), `a string of ${CODE_DIGITS} digits`);
export const TOKEN: FieldRule = textMatching(
  /^.{1,4096}$/s,
  'the token that Verify OTP answered, at most 4096 characters',
);

/** Becomes E.164, so that every spelling of a mobile is the same mobile. */
export const MOBILE: FieldRule = {
  takes: 'a string with an Indian mobile: ten digits, the first from 6 to 9',
  accept: normaliseMobile,
};

export const CLIENT_REF_ID: FieldRule = {
  ...textMatching(/^[\x20-\x7e]{1,64}$/, 'a string of 1 to 64 printable ASCII characters'),
  whenAbsent: () => String(randomInt(1e11, 1e12)),
};

/** Reads the fields that the rules name and nothing else; stops at the first that is not as it must be. */
export function readFields<Name extends string>(
  source: Readonly<Record<string, unknown>>,
  rules: Readonly<Record<Name, FieldRule>>,
): FieldReading<Name> {
  const fields: Partial<Record<string, string>> = {};
  for (const [name, rule] of Object.entries<FieldRule>(rules)) {
    const given = source[name];
    const value = given === undefined && rule.whenAbsent ? rule.whenAbsent() : rule.accept(given);
    if (value === undefined) {
      const subject = given === undefined ? `${name} is missing: it` : name;
      return { ok: false, message: `${subject} must be ${rule.takes}.` };
    }
    fields[name] = value;
  }
  return { ok: true, fields: fields as Record<Name, string> };
}

function textMatching(pattern: RegExp, takes: string): FieldRule {
  return { takes, accept: (value) => (typeof value === 'string' && pattern.test(value) ? value : undefined) };
}
