import { readFileSync } from 'node:fs';
import { type DltRegistry, type DltTemplate, readDltRegistry } from '@verified-mobile/issuer/dlt';

/** The file that the README shows. */
export const EXAMPLE: string = readFileSync(new URL('../../docs/dlt-registry.example.yaml', import.meta.url), 'utf8');

/** A registry of one account, `shop`, with these templates, each an object of its members. */
export function registryOf(...templates: readonly object[]): DltRegistry {
  return readDltRegistry(registryText(...templates));
}

export function registryText(...templates: readonly object[]): string {
  const shop = {
    entityId: '1701158000000000001',
    headers: [{ header: 'EXSHOP', headerId: '1705158000000000011', category: 'service-implicit' }],
    templates: templates.map((template, index) => Object.assign(defaultsOf(index), template)),
  };
  return JSON.stringify({ accounts: { shop } });
}

function defaultsOf(index: number): object {
  return { id: `170715800000000010${index}`, purpose: 'mobile-verification', language: 'en', variables: ['code'] };
}

/** A text for a transaction, with amount and payee after the code. */
export function forTransaction(text: string, more: object = {}): object {
  return { purpose: 'transaction-approval', variables: ['code', 'amount', 'payee'], text, ...more };
}

/** The only template of a registry. */
export function onlyTemplate(registry: DltRegistry): DltTemplate {
  return registry.accounts.get('shop')!.templates[0]!;
}
