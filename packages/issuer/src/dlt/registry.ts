import type { DltCategory, DltFields, SmsPurpose } from '../domain/sms-message.ts';
import type { MessageTemplate, TemplatePart, VariableBinding } from './template.ts';

/** What is registered on DLT, by account: the result of `readDltRegistry`. */
export interface DltRegistry {
  readonly accounts: ReadonlyMap<string, DltAccount>;
}

/** The registration of one account. */
export interface DltAccount {
  /** Of the principal entity (PE id). */
  readonly entityId: string;
  readonly headers: readonly DltHeader[];
  /** In the order of the file: the first of a purpose is its default language. */
  readonly templates: readonly DltTemplate[];
}

export interface DltHeader {
  /** Sender id as registered, case included, without the prefix and suffix that operators add. */
  readonly header: string;
  readonly headerId?: string;
  readonly category: DltCategory;
}

/** A content template. */
export interface DltTemplate {
  readonly id: string;
  /** As registered, character for character, with its variables. */
  readonly text: string;
  /** `text`, cut at its variables. */
  readonly parts: readonly TemplatePart[];
  /** What each variable says, in their order. */
  readonly variables: readonly VariableBinding[];
  /** That it is registered for; the first one sends. */
  readonly headers: readonly string[];
  readonly purpose: SmsPurpose;
  /** BCP 47, such as `hi`. */
  readonly language: string;
  /** Of a value, in characters. */
  readonly maxVariableLength: number;
  /** Set if the last line fills the code in on a web page (WebOTP): `@host #code`. */
  readonly webOtpHost?: string;
  /** Set if a line names the Android app that reads the SMS (SMS Retriever). */
  readonly retrieverHash?: string;
  /** Where it stands in the file, from 1. */
  readonly line: number;
  readonly column: number;
}

/** The texts that an account may send, each with what operators compare it with. */
export function registeredTexts(account: DltAccount): readonly MessageTemplate[] {
  return account.templates.map(({ purpose, language, text, parts, variables, id, headers }) => {
    const [name] = headers;
    const header = account.headers.find((one) => one.header === name)!;
    const dlt: DltFields = { entityId: account.entityId, ...header, templateId: id };
    return { purpose, language, text, parts, variables, dlt };
  });
}
