import { readFileSync } from 'node:fs';
import type { Check } from './packed.ts';

/** Each lets its user ship a closed product, and asks for its text to be kept. */
const ALLOWED: ReadonlySet<string> = new Set([
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
]);

interface Component {
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly licenses?: readonly { readonly license?: { id?: string; name?: string }; readonly expression?: string }[];
}

export const licences: Check = {
  name: 'licences',
  look: ({ folder, sbom }) => {
    const { components = [] } = JSON.parse(readFileSync(sbom, 'utf8')) as { components?: Component[] };
    const dependencies = components.map((component) => ({ name: nameOf(component), licence: licenceOf(component) }));
    return {
      objections: dependencies
        .filter(({ licence }) => !isAllowed(licence))
        .map(
          ({ name, licence }) =>
            `${folder}: its dependency ${name} has the licence ${licence}. Use another package, or allow the licence ` +
            'in .config/check/licences.ts and say why.',
        ),
      note: dependencies.length === 0 ? 'no dependency' : listOf(dependencies),
    };
  },
};

function nameOf({ group, name, version }: Component): string {
  return `${group === undefined ? '' : `${group}/`}${name}@${version}`;
}

function licenceOf({ licenses = [] }: Component): string {
  const names = licenses.map(({ license, expression }) => expression ?? license?.id ?? license?.name ?? 'unknown');
  return names.length === 0 ? 'unknown' : names.join(' AND ');
}

/** Every licence that an expression names: what may be chosen from is not chosen here. */
function isAllowed(expression: string): boolean {
  return expression
    .split(/ AND | OR |[()]/)
    .filter((part) => part !== '')
    .every((part) => ALLOWED.has(part));
}

function listOf(dependencies: readonly { name: string; licence: string }[]): string {
  const found = [...new Set(dependencies.map(({ licence }) => licence))].toSorted();
  const under = (wanted: string): string =>
    dependencies
      .flatMap(({ name, licence }) => (licence === wanted ? [name] : []))
      .toSorted()
      .join(' ');
  return found.map((licence) => `${licence}: ${under(licence)}`).join('; ');
}
