import { misconfigured } from '../lib/errors.ts';
import { namedCode } from './operator-codes.ts';
import { readEntity, type ReadEntity } from './read-entity.ts';
import { readTemplates } from './read-templates.ts';
import type { DltAccount, DltRegistry } from './registry.ts';
import { openRegistryText, type RegistryProblem, type RegistryReader } from './registry-text.ts';

export interface RegistryReading {
  /** As far as it could be read: without the accounts that have problems. */
  readonly registry: DltRegistry;
  /** In the order of the file. */
  readonly problems: readonly RegistryProblem[];
}

/**
 * Reads what is registered on DLT: YAML or JSON, by account its entity, its headers and its templates. The README has a
 * whole file.
 *
 * @throws {IssuerError} `invalid_configuration` with every mistake of the file, a line for each: line and column, the field,
 * what to write, and what the operators answer to an SMS that is sent that way (`600` to `604` for the entity, `620` and
 * `623` for a header, `630` for a template)
 *
 * @example
 * ```ts
 * const dltRegistry = readDltRegistry(await readFile('dlt-registry.yaml', 'utf8'));
 * const issuer = createIssuer({ ...options, dltRegistry });
 * ```
 */
export function readDltRegistry(text: string): DltRegistry {
  if (typeof text !== 'string')
    throw misconfigured("readDltRegistry takes the text of a registry: readFile(path, 'utf8').");
  const { registry, problems } = parseRegistry(text);
  if (problems.length === 0) return registry;
  throw misconfigured(`dltRegistry, ${problems.map(problemLine).join('\n')}`);
}

/** `line 7, column 15: accounts.shop.headers[0].header must be …. Operators' code 620 HEADER_NOT_FOUND.` */
function problemLine({ line, column, field, message, operatorCode }: RegistryProblem): string {
  const subject = field === '' ? '' : `${field} `;
  return `line ${line}, column ${column}: ${subject}${message} Operators' code ${namedCode(operatorCode)}.`;
}

/** The same with the mistakes as data. */
export function parseRegistry(text: string): RegistryReading {
  const { root, ...reader } = openRegistryText(text);
  const accounts = root === undefined ? [] : readAccounts(root, reader);
  const problems = reader.problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  return { registry: { accounts: new Map(accounts) }, problems };
}

type Root = NonNullable<ReturnType<typeof openRegistryText>['root']>;

function readAccounts(root: Root, reader: RegistryReader): (readonly [string, DltAccount])[] {
  if (root.node === null) return reader.refuse(root, '600', 'The file is empty. Give it accounts.') ?? [];
  const accounts = reader.membersOf(root, '600', ['accounts'])?.get('accounts');
  const byId = accounts && reader.membersOf(accounts, '601');
  if (byId === undefined || byId.size === 0) {
    if (reader.problems.length === 0)
      reader.refuse(accounts ?? root, '600', 'has no account. Name one below accounts.');
    return [];
  }
  const entities: ReadEntity[] = [];
  // All headers first: a template may name one of an entity further down.
  for (const [id, item] of byId) {
    const entity = readEntity(id, item, reader, entities);
    if (entity !== undefined) entities.push(entity);
  }
  const templateOwners = new Map<string, ReadEntity>();
  return entities.flatMap((entity) => {
    const templates = readTemplates(entity, { reader, entities, templateOwners });
    const { account, entityId, headers } = entity;
    return templates === undefined ? [] : [[account, { entityId, headers, templates }] as const];
  });
}
