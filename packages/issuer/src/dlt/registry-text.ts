import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { nearest } from '../lib/nearest.ts';
import type { OperatorCode } from './operator-codes.ts';

/** Something wrong in a registry file. */
export interface RegistryProblem {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** Such as `accounts.shop.headers[0].header`; empty for the file as a whole. */
  readonly field: string;
  /** What it must be: with the field before it, a sentence. */
  readonly message: string;
  /** What the operators would answer to an SMS sent this way. */
  readonly operatorCode: OperatorCode;
}

/** A value in the file, and where it stands. */
export interface Item {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly node: Node | null;
}

export interface RegistryReader {
  readonly problems: RegistryProblem[];
  readonly refuse: (item: Item, operatorCode: OperatorCode, message: string) => undefined;
  /** The members of an object; `known` refuses all other names. */
  readonly membersOf: (
    item: Item,
    code: OperatorCode,
    known?: readonly string[],
  ) => ReadonlyMap<string, Item> | undefined;
  /** The elements of a list that is not empty. */
  readonly elementsOf: (item: Item, code: OperatorCode) => readonly Item[] | undefined;
  readonly textOf: (item: Item, code: OperatorCode) => string | undefined;
}

/**
 * Reads YAML, or JSON, which is YAML. Every scalar is a string, as it is written: as numbers, ids of 19 digits would lose the
 * last ones.
 *
 * @returns the whole file as one item; `undefined` if it cannot be read, and then the reader has the problem
 */
export function openRegistryText(text: string): RegistryReader & { readonly root: Item | undefined } {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    schema: 'failsafe',
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const problems: RegistryProblem[] = [];
  const itemAt = (path: string, node: unknown, otherwise: Omit<Item, 'path' | 'node'>): Item => {
    const known = (node ?? null) as Node | null;
    const start = known?.range?.[0];
    const place = start === undefined ? undefined : lines.linePos(start);
    const { line, column } = place === undefined ? otherwise : { line: place.line, column: place.col };
    return { path, line, column, node: known };
  };
  const reader = readerOf(problems, itemAt);
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    problems.push({
      line,
      column: col,
      field: '',
      message: `The file is not YAML or JSON: ${error.message}.`,
      operatorCode: '600',
    });
    return { ...reader, root: undefined };
  }
  return { ...reader, root: itemAt('', document.contents, { line: 1, column: 1 }) };
}

type ItemAt = (path: string, node: unknown, otherwise: Omit<Item, 'path' | 'node'>) => Item;

function readerOf(problems: RegistryProblem[], itemAt: ItemAt): RegistryReader {
  const refuse: RegistryReader['refuse'] = ({ path: field, line, column }, operatorCode, message) =>
    void problems.push({ line, column, field, message, operatorCode });
  return {
    problems,
    refuse,
    membersOf(item, code, known) {
      if (!isMap(item.node)) return refuse(item, code, must(item, 'be an object'));
      const members = item.node.items.map(({ key, value }) => {
        const name = String(isScalar(key) ? key.value : key);
        const path = item.path === '' ? name : `${item.path}.${name}`;
        const place = itemAt(path, key, item);
        return [name, known === undefined || known.includes(name) ? itemAt(path, value, place) : place] as const;
      });
      const unknown = members.filter(([name]) => known !== undefined && !known.includes(name));
      for (const [name, place] of unknown) refuse(place, code, unknownName(name, known ?? []));
      return unknown.length === 0 ? new Map(members) : undefined;
    },
    elementsOf(item, code) {
      if (!isSeq(item.node) || item.node.items.length === 0) {
        return refuse(item, code, must(item, 'be a list with at least one entry'));
      }
      return item.node.items.map((node, index) => itemAt(`${item.path}[${index}]`, node, item));
    },
    textOf(item, code) {
      const value: unknown = isScalar(item.node) ? item.node.value : undefined;
      return typeof value === 'string' && value !== ''
        ? value
        : refuse(item, code, must(item, 'be a text that is not empty'));
    },
  };
}

/** What an item has to do, and what it is instead, if that is easily overlooked. */
export function must({ node }: Item, what: string): string {
  if (node === null) return `is missing: it must ${what}.`;
  return `must ${what}${isAlias(node) ? '; an alias is not taken' : ''}.`;
}

/** A member that may not be there: then it stands where the object does. */
export function memberOf(members: ReadonlyMap<string, Item>, object: Item, name: string): Item {
  return members.get(name) ?? { ...object, path: `${object.path}.${name}`, node: null };
}

function unknownName(name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  return `is not known${meant === undefined ? '' : `: ${meant} is meant`}. There are ${known.join(', ')}.`;
}
