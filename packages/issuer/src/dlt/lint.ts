import { charactersOf } from './characters.ts';
import { septetsOf } from './gsm-alphabet.ts';
import type { DltAccount, DltTemplate } from './registry.ts';
import { nameOf } from './scrub.ts';
import { countSegments } from './segments.ts';
import { isRetrieverHash, sample } from './template-lines.ts';
import type { VariableBinding } from './template.ts';
import { VALUE_SHAPES } from './values.ts';

/** What is allowed in a registry, and may cost money or messages. */
export interface LintFinding {
  /** `warning`: messages may be lost, or cost more. `note`: to know. */
  readonly severity: 'warning' | 'note';
  readonly account: string;
  /** Its id; absent if it is about the account as a whole. */
  readonly template?: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

type Found = Pick<LintFinding, 'severity' | 'message'>;
type Lint = (template: DltTemplate) => readonly Found[];

const USUAL_ID = /^[0-9]{19}$/;
/** Some sources say that operators take no longer values. */
const SURE_LENGTH = 30;
const TAG_OF: Readonly<Record<VariableBinding, string>> = {
  code: '{#numeric#}',
  minutes: '{#numeric#}',
  amount: '{#alphanumeric#}',
  currency: '{#alphanumeric#}',
  payee: '{#alphanumeric#}',
  'masked-payee': '{#alphanumeric#}',
};

const LINTS: readonly Lint[] = [lintTags, lintAmounts, lintCodes, lintLines, lintLengths, lintSegments, lintId];

export function lintAccount(account: string, registered: DltAccount): readonly LintFinding[] {
  const ofTemplates = registered.templates.flatMap((template) => {
    const { id, line, column } = template;
    const found = LINTS.flatMap((lint) => lint(template));
    return found.map(({ severity, message }) => ({ severity, account, template: id, line, column, message }));
  });
  const { line, column } = registered.templates[0]!;
  const ofAccount = lintRegistration(registered);
  return [...ofAccount.map(({ severity, message }) => ({ severity, account, line, column, message })), ...ofTemplates];
}

function lintRegistration({ entityId, headers, templates }: DltAccount): readonly Found[] {
  const purposes = new Set(templates.map(({ purpose }) => purpose));
  return [
    ...(USUAL_ID.test(entityId) ? [] : [warning(`The entity id ${entityId} has not 19 digits.`)]),
    ...headers
      .filter(({ header }) => header.length !== 6)
      .map(({ header }) => warning(`The header ${header} has not six letters, as headers for OTPs have.`)),
    ...headers
      .filter(({ headerId }) => headerId !== undefined && !USUAL_ID.test(headerId))
      .map(({ headerId }) => warning(`The header id ${headerId} has not 19 digits.`)),
    ...(purposes.has('mobile-verification')
      ? []
      : [note('No text for mobile-verification: only sends with a transaction work.')]),
    ...(purposes.has('transaction-approval')
      ? []
      : [note('No text for transaction-approval: a send with a transaction is refused.')]),
  ];
}

function lintTags({ parts, variables }: DltTemplate): readonly Found[] {
  const tags = parts.flatMap((part) => (part.kind === 'variable' ? [part.tag] : []));
  const wanted = variables
    .filter((_, index) => tags[index] === 'var')
    .map((binding) => `${TAG_OF[binding]} for ${binding}`);
  if (wanted.length === 0) return [];
  const says =
    'has {#var#}, which no template registered since 14 January 2026 may have, and older ones are to be changed';
  return [warning(`${says}. Register ${[...new Set(wanted)].join(', ')}.`)];
}

function lintAmounts({ parts, variables }: DltTemplate): readonly Found[] {
  const tags = parts.flatMap((part) => (part.kind === 'variable' ? [part.tag] : []));
  if (!variables.some((binding, index) => binding === 'amount' && tags[index] === 'numeric')) return [];
  return [
    warning(
      'has the amount in {#numeric#}, which takes neither . nor ,: an amount such as 2500.50 is refused. Register {#alphanumeric#}, or send whole amounts.',
    ),
  ];
}

function lintCodes({ variables, webOtpHost }: DltTemplate): readonly Found[] {
  const count = variables.filter((binding) => binding === 'code').length;
  if (count < 2) return [];
  if (webOtpHost === undefined) return [warning(`has the code ${count} times: it fills itself in from one.`)];
  return [note(`has the code ${count} times, as WebOTP needs: on the DLT platform these are ${count} variables.`)];
}

function lintLines({ text, webOtpHost, retrieverHash }: DltTemplate): readonly Found[] {
  const lines = text.split('\n');
  const found: Found[] = [];
  if (webOtpHost !== undefined) {
    found.push(
      note(
        `ends with a line for WebOTP. An operator may take @${webOtpHost} for a link that is not registered: try it over each one. Line feeds must arrive as they are.`,
      ),
    );
  }
  const hashLine = lines.at(webOtpHost === undefined ? -1 : -2) ?? '';
  if (retrieverHash === undefined && isRetrieverHash(hashLine) && /[0-9+/]/.test(hashLine)) {
    found.push(
      warning(`has a line that looks like the hash of an Android app. Set retrieverHash, so that it is checked.`),
    );
  }
  return found;
}

function lintLengths({ variables, maxVariableLength }: DltTemplate): readonly Found[] {
  const cut = [...new Set(variables)].filter((binding) => VALUE_SHAPES[binding].longest.length > maxVariableLength);
  return [
    ...(maxVariableLength > SURE_LENGTH
      ? [warning(`allows values of ${maxVariableLength} characters, and some operators take ${SURE_LENGTH}.`)]
      : []),
    ...cut.map((binding) => note(`refuses each ${binding} of more than ${maxVariableLength} characters.`)),
  ];
}

function lintSegments(template: DltTemplate): readonly Found[] {
  const beyond = [...new Set(charactersOf(template.text))].filter((character) => septetsOf(character) === undefined);
  const [longest, typical] = [countSegments(sample(template, 'longest')), countSegments(sample(template, 'typical'))];
  const found: Found[] = [];
  if (beyond.length > 0) {
    const named = beyond.slice(0, 3).map(nameOf).join(', ');
    const more = beyond.length > 3 ? ` and ${beyond.length - 3} others` : '';
    found.push(note(`is UCS-2, 70 characters a segment instead of 160, because of ${named}${more}.`));
  }
  if (typical.segments > 1)
    found.push(warning(`costs ${typical.segments} segments as a rule (${typical.units} units).`));
  else if (longest.segments > 1) {
    found.push(warning(`costs ${longest.segments} segments with the longest values (${longest.units} units).`));
  }
  return found;
}

function lintId({ id }: DltTemplate): readonly Found[] {
  return USUAL_ID.test(id) ? [] : [warning('has an id of other than 19 digits.')];
}

function warning(message: string): Found {
  return { severity: 'warning', message };
}

function note(message: string): Found {
  return { severity: 'note', message };
}
