import { normaliseMobile } from '@verified-mobile/core';
import { z } from 'zod';
import { CODE_DIGITS, type CodeDigits, type Transaction } from '../domain/otp-code.ts';

/** Every field says what it takes in its description: it completes "<field> must be …", here and in the OpenAPI document. */
const text = (pattern: RegExp, takes: string): z.ZodString => z.string().regex(pattern).describe(takes);

/** The caller's own mobile or an agent's, as registered. */
const tenDigits = text(/^[0-9]{10}$/, 'a string of ten digits');

export const MOBILE_TAKES = 'a string with an Indian mobile: ten digits, the first from 6 to 9';

type Mobile = z.ZodType<string, string>;
type OptionalText = z.ZodOptional<z.ZodString>;
type OptionalTransaction = z.ZodOptional<z.ZodType<Transaction>>;

/** Becomes E.164, so that every spelling of a mobile is the same mobile. */
const mobile: Mobile = z
  .string()
  .transform((spelling, context) => {
    const normal = normaliseMobile(spelling);
    if (normal === undefined) context.addIssue({ code: 'custom', message: 'no Indian mobile' });
    return normal ?? z.NEVER;
  })
  .describe(MOBILE_TAKES);

/** Which of them there are depends on the account's registered texts. */
const language = text(
  /^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}$/,
  'the language of one of your registered texts, such as en (BCP 47)',
);

const clientRefId = text(/^[\x20-\x7e]{1,64}$/, 'a string of 1 to 64 printable ASCII characters');

/** What an app knows its customer's session by: the server's secret as a rule, and never what the customer types. */
const sessionId = text(/^[\x21-\x7e]{1,128}$/, 'a string of 1 to 128 printable ASCII characters without blanks');

/** What a person reads as an amount, above 0 and below 10^12: no exponent, no third decimal, no leading zero. */
const AMOUNT = /^(?=.*[1-9])(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,2})?$/;

/** Shows a letter or a digit, has no blank at its ends and no two in a row; without `/` and `:` it is no link. */
const PAYEE = /^(?! )(?=.*[A-Za-z0-9])(?!.* {2})[A-Za-z0-9 @._,&()+'-]{1,30}(?<! )$/;

const AMOUNT_TAKES = 'above 0 and below 10^12, with at most two decimals; a number, or its digits in a string';
const PAYEE_TAKES = '1 to 30 letters, digits, single blanks or simple punctuation';

/** Only these members, and only plain values: the hash is over exactly what the payout route will compare. */
const transaction: z.ZodType<Transaction> = z
  .strictObject({
    amount: z
      .union([
        z
          .number()
          .positive()
          .lt(1e12)
          // As the SMS writes it: 1e-7 is a positive number, too.
          .refine((amount) => AMOUNT.test(String(amount))),
        z.string().regex(AMOUNT),
      ])
      .describe(AMOUNT_TAKES),
    payee: text(PAYEE, PAYEE_TAKES),
    currency: text(/^[A-Z]{3}$/, 'three capitals, such as INR').optional(),
  })
  .describe(
    `an object with amount (${AMOUNT_TAKES}), payee (${PAYEE_TAKES}) and, if it is not INR, currency (three capitals)`,
  );

const token = z.string().min(1).max(4096).describe('the token that Verify OTP answered, at most 4096 characters');

export const SEND_FIELDS: z.ZodObject<{
  initiator_id: z.ZodString;
  csp_id: z.ZodString;
  mobile: Mobile;
  client_ref_id: OptionalText;
  session_id: OptionalText;
  transaction: OptionalTransaction;
  language: OptionalText;
}> = z.object({
  initiator_id: tenDigits,
  csp_id: tenDigits,
  mobile,
  client_ref_id: clientRefId.optional(),
  session_id: sessionId.optional(),
  transaction: transaction.optional(),
  language: language.optional(),
});

type VerifyFields = z.ZodObject<{
  initiator_id: z.ZodString;
  otp: z.ZodString;
  mobile: Mobile;
  session_id: OptionalText;
}>;

/** By the digits of the account's codes. */
export const VERIFY_FIELDS = Object.fromEntries(
  CODE_DIGITS.map((digits) => [digits, verifyFields(digits)]),
) as Readonly<Record<CodeDigits, VerifyFields>>;

export const VALIDATE_FIELDS: z.ZodObject<{ initiator_id: z.ZodString; otp_verification_token: z.ZodString }> =
  z.object({ initiator_id: tenDigits, otp_verification_token: token });

export const CONSUME_FIELDS: z.ZodObject<{
  initiator_id: z.ZodString;
  otp_verification_token: z.ZodString;
  transaction: OptionalTransaction;
  idempotency_key: OptionalText;
}> = z.object({
  initiator_id: tenDigits,
  otp_verification_token: token,
  transaction: transaction.optional(),
  idempotency_key: text(/^[\x21-\x7e]{1,128}$/, 'a string of 1 to 128 printable ASCII characters').optional(),
});

export const USAGE_FIELDS: z.ZodObject<{ initiator_id: z.ZodString; days: OptionalText }> = z.object({
  initiator_id: tenDigits,
  days: text(/^(?:[1-9][0-9]?|1[0-9]{2})$/, 'a whole number from 1 to 199').optional(),
});

export const MESSAGE_FIELDS: z.ZodObject<{ initiator_id: z.ZodString }> = z.object({ initiator_id: tenDigits });

function verifyFields(digits: CodeDigits): VerifyFields {
  const otp = text(new RegExp(`^[0-9]{${digits}}$`), `a string of ${digits} digits`);
  return z.object({ initiator_id: tenDigits, otp, mobile, session_id: sessionId.optional() });
}

export type FieldReading<Fields> =
  | { readonly outcome: 'read'; readonly fields: Fields }
  | { readonly outcome: 'refused'; readonly message: string };

/** Reads the fields that the schema names and nothing else. The message names the first one that is invalid, and no value. */
export function readFields<Shape extends z.ZodRawShape>(
  source: Readonly<Record<string, unknown>>,
  schema: z.ZodObject<Shape>,
): FieldReading<z.infer<z.ZodObject<Shape>>> {
  const reading = schema.safeParse(source);
  if (reading.success) return { outcome: 'read', fields: reading.data };
  const path = (reading.error.issues[0]?.path ?? []).map(String);
  let [value, field]: [unknown, z.ZodType | undefined] = [source, schema];
  for (const name of path) {
    value = Object.hasOwn(Object(value), name) ? Reflect.get(Object(value), name) : undefined;
    field = memberOf(field, name);
  }
  const subject = value === undefined ? `${path.join('.')} is missing: it` : path.join('.');
  return { outcome: 'refused', message: `${subject} must be ${takesOf(field)}.` };
}

function memberOf(field: z.ZodType | undefined, name: string): z.ZodType | undefined {
  const object = field instanceof z.ZodOptional ? field.unwrap() : field;
  return object instanceof z.ZodObject ? (object.shape as Record<string, z.ZodType>)[name] : undefined;
}

function takesOf(field: z.ZodType | undefined): string {
  const required = field instanceof z.ZodOptional ? (field.unwrap() as z.ZodType) : field;
  return required?.description ?? 'as documented';
}
