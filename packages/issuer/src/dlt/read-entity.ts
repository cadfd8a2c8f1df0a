import type { DltCategory } from '../domain/sms-message.ts';
import type { OperatorCode } from './operator-codes.ts';
import { type Item, memberOf, must, type RegistryReader } from './registry-text.ts';
import type { DltHeader } from './registry.ts';

/** An account of the file, its templates still unread. */
export interface ReadEntity {
  readonly account: string;
  readonly entityId: string;
  /** How its texts are signed, unless a template says otherwise. */
  readonly signature: string | undefined;
  readonly headers: readonly DltHeader[];
  readonly templates: Item;
}

const CATEGORIES: readonly DltCategory[] = ['transactional', 'service-implicit'];
/** 19 digits as a rule. More than 30 fit in no message (SMPP parameters 0x1400 and 0x1401). */
const REGISTERED_ID = /^[0-9]{10,30}$/;
/** Six as a rule. Numeric ones are promotional: they carry no OTP. */
const HEADER = /^[A-Za-z]{3,6}$/;

/** @param others read before it, for one header belongs to one entity */
export function readEntity(
  account: string,
  item: Item,
  reader: RegistryReader,
  others: readonly ReadEntity[],
): ReadEntity | undefined {
  const members = reader.membersOf(item, '601', ['entityId', 'signature', 'headers', 'templates']);
  if (members === undefined) return undefined;
  const entityId = readId(memberOf(members, item, 'entityId'), '604', reader);
  const signature = members.get('signature');
  const signed = signature === undefined ? '' : reader.textOf(signature, '601');
  const headers = readHeaders(memberOf(members, item, 'headers'), reader, (header) =>
    others.find((other) => other.entityId !== entityId && other.headers.some((one) => one.header === header)),
  );
  if (entityId === undefined || signed === undefined || headers === undefined) return undefined;
  const templates = memberOf(members, item, 'templates');
  return { account, entityId, signature: signed === '' ? undefined : signed, headers, templates };
}

/** An id as the platforms give it: digits. */
export function readId(item: Item, code: OperatorCode, reader: RegistryReader): string | undefined {
  const id = item.node === null ? '' : reader.textOf(item, code);
  if (id === undefined || REGISTERED_ID.test(id)) return id;
  return reader.refuse(item, code, must(item, 'be the id from the DLT platform: digits alone, 19 as a rule'));
}

type OwnerOf = (header: string) => ReadEntity | undefined;

function readHeaders(item: Item, reader: RegistryReader, ownerOf: OwnerOf): readonly DltHeader[] | undefined {
  const elements = reader.elementsOf(item, '620');
  const headers: DltHeader[] = [];
  for (const element of elements ?? []) {
    const header = readHeader(element, reader, ownerOf, headers);
    if (header !== undefined) headers.push(header);
  }
  return headers.length > 0 && headers.length === elements?.length ? headers : undefined;
}

function readHeader(
  item: Item,
  reader: RegistryReader,
  ownerOf: OwnerOf,
  before: readonly DltHeader[],
): DltHeader | undefined {
  const members = reader.membersOf(item, '620', ['header', 'headerId', 'category']);
  if (members === undefined) return undefined;
  const named = memberOf(members, item, 'header');
  const header = readName(named, reader, ownerOf, before);
  const idItem = members.get('headerId');
  const headerId = idItem === undefined ? '' : readId(idItem, '620', reader);
  const categoryItem = memberOf(members, item, 'category');
  const written = categoryItem.node === null ? '' : reader.textOf(categoryItem, '620');
  const category = CATEGORIES.find((one) => one === written);
  if (category === undefined && written !== undefined) {
    reader.refuse(
      categoryItem,
      '620',
      must(categoryItem, 'be service-implicit, or transactional for the OTPs of a bank'),
    );
  }
  if (header === undefined || headerId === undefined || category === undefined) return undefined;
  return { header, category, ...(headerId !== '' && { headerId }) };
}

function readName(
  item: Item,
  reader: RegistryReader,
  ownerOf: OwnerOf,
  before: readonly DltHeader[],
): string | undefined {
  const header = item.node === null ? '' : reader.textOf(item, '620');
  if (header === undefined) return undefined;
  if (!HEADER.test(header)) {
    const what = 'be 3 to 6 letters, case as registered, without what operators put before and behind it';
    return reader.refuse(item, '620', must(item, what));
  }
  const owner = ownerOf(header);
  if (owner !== undefined) {
    const { account, entityId } = owner;
    return reader.refuse(item, '623', `is a header of another entity: ${entityId}, of the account ${account}.`);
  }
  if (!before.some((other) => other.header === header)) return header;
  return reader.refuse(item, '620', 'is named twice. Name each header once.');
}
