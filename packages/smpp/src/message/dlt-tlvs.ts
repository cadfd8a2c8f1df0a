import type { DltFields } from '@verified-mobile/issuer';
import { chainHash } from '@verified-mobile/issuer/dlt';
import type { Tlv } from '../wire/write-pdu.ts';

/** Where one provider wants the registration of a message, and in which form. */
export interface DltSettings {
  readonly entityIdTag: number;
  readonly templateIdTag: number;
  readonly chainHashTag: number | null;
  readonly form: 'octets' | 'c-string';
  readonly telemarketerIds: readonly string[];
}

export function dltTlvs({ entityId, templateId }: DltFields, settings: DltSettings): Tlv[] {
  const { entityIdTag, templateIdTag, chainHashTag, form, telemarketerIds } = settings;
  const tlv = (tag: number, text: string): Tlv => ({
    tag,
    value: Buffer.from(form === 'c-string' ? `${text}\0` : text, 'latin1'),
  });
  return [
    tlv(entityIdTag, entityId),
    tlv(templateIdTag, templateId),
    ...(chainHashTag === null ? [] : [tlv(chainHashTag, chainHash(entityId, telemarketerIds))]),
  ];
}
