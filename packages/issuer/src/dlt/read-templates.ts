import type { SmsPurpose } from '../domain/sms-message.ts';
import { nearest } from '../lib/nearest.ts';
import { checkTemplate } from './check-template.ts';
import { readId, type ReadEntity } from './read-entity.ts';
import { type Item, memberOf, must, type RegistryReader } from './registry-text.ts';
import type { DltTemplate } from './registry.ts';
import { partsOf, VARIABLE_BINDINGS, type VariableBinding } from './template.ts';
import { scriptOf } from './variable-tags.ts';

/** What the templates of all accounts share. */
export interface TemplateSurroundings {
  readonly reader: RegistryReader;
  readonly entities: readonly ReadEntity[];
  /** Whose each template id is that was read so far. */
  readonly templateOwners: Map<string, ReadEntity>;
}

const PURPOSES: readonly SmsPurpose[] = ['mobile-verification', 'transaction-approval'];
const MEMBERS = [
  'id',
  'headers',
  'purpose',
  'language',
  'variables',
  'maxVariableLength',
  'webOtpHost',
  'retrieverHash',
  'signature',
  'text',
];
/** Sources say 20, 30 or 40 characters a value. */
const DEFAULT_MAX_LENGTH = '30';
const LONGEST_MAX_LENGTH = 40;

export function readTemplates(
  entity: ReadEntity,
  surroundings: TemplateSurroundings,
): readonly DltTemplate[] | undefined {
  const { reader } = surroundings;
  const elements = reader.elementsOf(entity.templates, '630');
  const templates: DltTemplate[] = [];
  for (const element of elements ?? []) {
    const template = readTemplate(element, entity, surroundings);
    if (template === undefined) continue;
    const twin = templates.find((one) => one.purpose === template.purpose && one.language === template.language);
    if (twin === undefined) templates.push(template);
    else
      reader.refuse(element, '630', `is a second template for ${twin.purpose} in ${twin.language}. Keep one of them.`);
  }
  return templates.length > 0 && templates.length === elements?.length ? templates : undefined;
}

function readTemplate(item: Item, entity: ReadEntity, surroundings: TemplateSurroundings): DltTemplate | undefined {
  const { reader } = surroundings;
  const members = reader.membersOf(item, '630', MEMBERS);
  if (members === undefined) return undefined;
  const member = (name: string): Item => memberOf(members, item, name);
  const optional = (name: 'webOtpHost' | 'retrieverHash' | 'signature'): { [written in typeof name]?: string } => {
    const written = members.has(name) ? reader.textOf(member(name), '630') : undefined;
    return written === undefined ? {} : { [name]: written };
  };
  const before = reader.problems.length;
  const id = readOwnId(member('id'), entity, surroundings);
  const headers = readHeaderNames(members.get('headers'), item, entity, surroundings);
  const purpose = oneOf(member('purpose'), PURPOSES, reader);
  const language = readLanguage(member('language'), reader);
  const variables = readVariables(member('variables'), reader);
  const maxVariableLength = readLength(member('maxVariableLength'), reader);
  const forPrograms = { ...optional('webOtpHost'), ...optional('retrieverHash') };
  const { signature = entity.signature } = optional('signature');
  const text = reader.textOf(member('text'), '630');
  if (reader.problems.length > before) return undefined;
  const template: DltTemplate = {
    id: id!,
    headers: headers!,
    purpose: purpose!,
    language: language!,
    variables: variables!,
    maxVariableLength: maxVariableLength!,
    text: text!,
    parts: partsOf(text!, maxVariableLength!),
    ...forPrograms,
    line: item.line,
    column: item.column,
  };
  const fault = checkTemplate(template, signature);
  if (fault === undefined) return template;
  return reader.refuse(memberOf(members, item, fault.member), '630', fault.message);
}

/** An id names one template of one entity; two accounts of one entity may share it. */
function readOwnId(
  item: Item,
  entity: ReadEntity,
  { reader, templateOwners }: TemplateSurroundings,
): string | undefined {
  const id = readId(item, '630', reader);
  if (id === undefined) return undefined;
  const owner = templateOwners.get(id);
  if (owner === entity) return reader.refuse(item, '630', 'is the id of two templates. Give each its own.');
  if (owner !== undefined && owner.entityId !== entity.entityId) {
    return reader.refuse(
      item,
      '630',
      `is a template of another entity: ${owner.entityId}, of the account ${owner.account}.`,
    );
  }
  templateOwners.set(id, entity);
  return id;
}

/** Without names the only header there is. */
function readHeaderNames(
  item: Item | undefined,
  template: Item,
  entity: ReadEntity,
  { reader, entities }: TemplateSurroundings,
): readonly string[] | undefined {
  const own = entity.headers.map(({ header }) => header);
  if (item === undefined) {
    if (own.length === 1) return own;
    return reader.refuse(template, '620', `must name its headers: there are ${own.join(', ')}.`);
  }
  const names = reader.elementsOf(item, '620')?.map((element) => {
    const name = reader.textOf(element, '620');
    if (name === undefined || own.includes(name)) return name;
    const owner = entities.find(
      (one) => one.entityId !== entity.entityId && one.headers.some(({ header }) => header === name),
    );
    if (owner !== undefined) {
      return reader.refuse(
        element,
        '623',
        `is a header of another entity: ${owner.entityId}, of the account ${owner.account}.`,
      );
    }
    const meant = nearest(name, own);
    const hint = meant === undefined ? '' : ` ${meant} is meant?`;
    return reader.refuse(element, '620', `is no header of this account.${hint} It has ${own.join(', ')}.`);
  });
  return names?.includes(undefined) ? undefined : (names as string[] | undefined);
}

function oneOf<Name extends string>(item: Item, names: readonly Name[], reader: RegistryReader): Name | undefined {
  const written = item.node === null ? '' : reader.textOf(item, '630');
  if (written === undefined) return undefined;
  const found = names.find((name) => name === written);
  if (found !== undefined) return found;
  const meant = nearest(written, names);
  const hint = meant === undefined ? '' : ` ${meant} is meant?`;
  return reader.refuse(item, '630', must(item, `be one of ${names.join(', ')}`) + hint);
}

function readVariables(item: Item, reader: RegistryReader): readonly VariableBinding[] | undefined {
  const bindings = reader.elementsOf(item, '630')?.map((element) => oneOf(element, VARIABLE_BINDINGS, reader));
  return bindings?.includes(undefined) ? undefined : (bindings as VariableBinding[] | undefined);
}

function readLanguage(item: Item, reader: RegistryReader): string | undefined {
  const written = item.node === null ? '' : reader.textOf(item, '630');
  if (written === undefined) return undefined;
  const [language] = canonical(written);
  if (language !== undefined && scriptOf(language) !== undefined) return language;
  return reader.refuse(item, '630', must(item, 'be a language as BCP 47 writes it, such as en or hi'));
}

function canonical(written: string): readonly string[] {
  try {
    return Intl.getCanonicalLocales(written === '' ? [] : written);
  } catch {
    return [];
  }
}

function readLength(item: Item, reader: RegistryReader): number | undefined {
  const written = item.node === null ? DEFAULT_MAX_LENGTH : reader.textOf(item, '630');
  if (written === undefined) return undefined;
  const isWhole = /^[1-9][0-9]?$/.test(written) && Number(written) <= LONGEST_MAX_LENGTH;
  if (isWhole) return Number(written);
  return reader.refuse(item, '630', `must be a whole number from 1 to ${LONGEST_MAX_LENGTH}.`);
}
