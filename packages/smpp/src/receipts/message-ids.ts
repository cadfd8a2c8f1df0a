/**
 * In which form a provider names a message. Some answer with a hexadecimal id and write the same number in decimal in the
 * receipt, as SMPP 3.3 gateways did; others do the reverse.
 */
export type MessageIdForm = 'as-is' | 'hex-in-answer' | 'hex-in-receipt';

const USABLE_ID = /^[\x21-\x7E]{1,64}$/;

export interface MessageIds {
  /** The id in the answer to a submit, and in the TLV of a receipt. */
  readonly ofAnswer: (id: string) => string | undefined;
  /** The id in the text of a receipt. */
  readonly ofReceipt: (id: string) => string | undefined;
  /** Which of the two to believe where a receipt has both. */
  readonly inText: boolean;
}

/** The same id from both, or nothing if it is none. */
export function messageIds(form: MessageIdForm): MessageIds {
  switch (form) {
    case 'as-is':
      return { ofAnswer: usable, ofReceipt: usable, inText: false };
    case 'hex-in-answer':
      return { ofAnswer: fromHex, ofReceipt: fromDecimal, inText: true };
    case 'hex-in-receipt':
      return { ofAnswer: fromDecimal, ofReceipt: fromHex, inText: true };
  }
}

function usable(id: string): string | undefined {
  return USABLE_ID.test(id) ? id : undefined;
}

function fromHex(id: string): string | undefined {
  return /^[0-9a-f]{1,64}$/i.test(id) ? String(BigInt(`0x${id}`)) : usable(id);
}

/** Without the zeros in front, of which each place writes as many as it likes. */
function fromDecimal(id: string): string | undefined {
  return /^[0-9]{1,64}$/.test(id) ? String(BigInt(id)) : usable(id);
}
