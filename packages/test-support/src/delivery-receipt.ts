import type { Fields, Pdu, Tlv } from './smpp-pdu.ts';

/** The final states of §5.2.28, as a receipt abbreviates and numbers them (appendix B). */
const STATES = { DELIVRD: 2, EXPIRED: 3, DELETED: 4, UNDELIV: 5, ACCEPTD: 6, UNKNOWN: 7, REJECTD: 8 } as const;

export interface Receipt {
  readonly messageId: string;
  readonly state: keyof typeof STATES;
  /** As the network gives it. Default `000`. */
  readonly error?: string;
  /** Where the answer stands: in the text of appendix B, in optional parameters, or in both. Default: in both. */
  readonly form?: 'text' | 'parameters' | 'both';
}

const IS_RECEIPT = 0x04;

/** What an SMSC sends by `ask('deliver_sm', …)` when a message has arrived, or has not. */
export function receiptFor(submit: Pdu, receipt: Receipt): [command: 'deliver_sm', fields: Fields, tlvs: Tlv[]] {
  const { form = 'both' } = receipt;
  const text = form === 'parameters' ? '' : textOf(receipt);
  const fields = {
    source_addr_ton: submit.fields['dest_addr_ton'] ?? 0,
    source_addr_npi: submit.fields['dest_addr_npi'] ?? 0,
    source_addr: submit.fields['destination_addr'] ?? '',
    dest_addr_ton: submit.fields['source_addr_ton'] ?? 0,
    dest_addr_npi: submit.fields['source_addr_npi'] ?? 0,
    destination_addr: submit.fields['source_addr'] ?? '',
    esm_class: IS_RECEIPT,
    short_message: Buffer.from(text, 'latin1'),
  };
  return ['deliver_sm', fields, form === 'text' ? [] : parametersOf(receipt)];
}

function textOf({ messageId, state, error = '000' }: Receipt): string {
  const dlvrd = state === 'DELIVRD' ? '001' : '000';
  const dates = 'submit date:2611291200 done date:2611291201';
  return `id:${messageId} sub:001 dlvrd:${dlvrd} ${dates} stat:${state} err:${error} text:`;
}

function parametersOf({ messageId, state, error = '000' }: Receipt): Tlv[] {
  const network = Buffer.of(3, 0, 0);
  network.writeUInt16BE(Number(error), 1);
  return [
    { tag: 0x00_1e, value: Buffer.from(`${messageId}\0`, 'latin1') },
    { tag: 0x04_27, value: Buffer.of(STATES[state]) },
    { tag: 0x04_23, value: network },
  ];
}
