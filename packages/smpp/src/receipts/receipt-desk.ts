import type { SmsReceipt } from '@verified-mobile/issuer';
import type { LinkFault } from '../link/faults.ts';
import type { Pdu } from '../wire/read-pdu.ts';
import { ESME_ROK, ESME_RX_T_APPN } from '../wire/statuses.ts';
import type { MessageIds } from './message-ids.ts';
import { readReceipt } from './read-receipt.ts';

export type ReceiptListener = (receipt: SmsReceipt) => unknown;

/** Takes receipts from the connection and passes them on. */
export class ReceiptDesk {
  readonly #ids: MessageIds;
  readonly #report: (fault: LinkFault) => void;
  #listener: ReceiptListener | undefined;
  #isFailing = false;

  constructor(ids: MessageIds, report: (fault: LinkFault) => void) {
    this.#ids = ids;
    this.#report = report;
  }

  listen(listener: ReceiptListener): void {
    this.#listener = listener;
  }

  /** The status to answer with: a receipt that could not be taken in is to come again. What is no receipt is not. */
  take(pdu: Pdu): number {
    const receipt = readReceipt(pdu, this.#ids);
    if (receipt === undefined || this.#listener === undefined) return ESME_ROK;
    try {
      // A function that goes on after it returned must not end the process.
      Promise.resolve(this.#listener(receipt)).then(
        () => (this.#isFailing = false),
        () => this.#fail(),
      );
      return ESME_ROK;
    } catch {
      this.#fail();
      return ESME_RX_T_APPN;
    }
  }

  #fail(): void {
    if (this.#isFailing) return;
    this.#isFailing = true;
    this.#report({
      kind: 'receipt-failed',
      message: 'the function given to onReceipt() threw. The provider is asked to send the receipt again.',
    });
  }
}
