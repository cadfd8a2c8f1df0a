import type { SmsMessage } from '@verified-mobile/issuer';
import type { PduBody } from '../wire/write-pdu.ts';
import { type DltSettings, dltTlvs } from './dlt-tlvs.ts';
import type { Part } from './parts.ts';
import { type ValidityForm, validityPeriod } from './validity-period.ts';

export interface SubmitSettings {
  readonly sourceAddress: string;
  readonly sourceTon: number;
  readonly sourceNpi: number;
  readonly destTon: number;
  readonly destNpi: number;
  readonly receipts: boolean;
  readonly validityPeriod: ValidityForm;
  readonly dlt: DltSettings | null;
}

const FINAL_RECEIPT = 1;
const MOBILE = /^\+?[0-9]{4,20}$/;
/** The field has 21 octets, and the last of them ends it. */
const ADDRESS = /^[\x20-\x7E]{1,20}$/;
const REGISTERED_ID = /^[0-9]{10,30}$/;

/** Whether the fields of the PDU have room for it: what does not fit would be cut off or would not be ASCII. */
export function canBeWritten({ to, dlt }: SmsMessage): boolean {
  if (!MOBILE.test(to)) return false;
  if (dlt === undefined) return true;
  return ADDRESS.test(dlt.header) && REGISTERED_ID.test(dlt.entityId) && REGISTERED_ID.test(dlt.templateId);
}

/** Nothing, if the message has expired. */
export function submitBody(
  message: SmsMessage,
  part: Part,
  isLast: boolean,
  settings: SubmitSettings,
): PduBody | undefined {
  const validity = validityPeriod(message.expiresAt, Date.now(), settings.validityPeriod);
  if (validity === undefined) return undefined;
  const source = message.dlt?.header ?? settings.sourceAddress;
  const fields = {
    // An empty address has no type: the provider puts its own.
    source_addr_ton: source === '' ? 0 : settings.sourceTon,
    source_addr_npi: source === '' ? 0 : settings.sourceNpi,
    source_addr: source,
    dest_addr_ton: settings.destTon,
    dest_addr_npi: settings.destNpi,
    destination_addr: message.to.replace('+', ''),
    esm_class: part.esmClass,
    validity_period: validity,
    // Each part would have an id and a receipt of its own, and a message has one.
    registered_delivery: settings.receipts && isLast ? FINAL_RECEIPT : 0,
    data_coding: part.dataCoding,
    short_message: part.shortMessage,
  };
  const dlt = message.dlt === undefined || settings.dlt === null ? [] : dltTlvs(message.dlt, settings.dlt);
  return { fields, tlvs: [...part.tlvs, ...dlt] };
}
