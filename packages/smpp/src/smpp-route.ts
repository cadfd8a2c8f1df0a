import { unavailable } from '@verified-mobile/core/store';
import type { SmsRoute } from '@verified-mobile/issuer';
import { throttled } from './link/faults.ts';
import { Link } from './link/link.ts';
import { Submitter } from './link/submitter.ts';
import { Throttle } from './link/throttle.ts';
import { messageSender } from './message/send-message.ts';
import { messageIds } from './receipts/message-ids.ts';
import { ReceiptDesk } from './receipts/receipt-desk.ts';
import { faultReporter } from './reporter.ts';
import type { SmppRouteOptions } from './setup/options.ts';
import { resolveOptions } from './setup/resolve-options.ts';

/** A route with everything that a route may have, but for receipts by HTTP. */
export type SmppRoute = SmsRoute & Required<Pick<SmsRoute, 'window' | 'onReceipt' | 'ready' | 'close'>>;

/** How long `close()` waits for answers to what is under way. */
const CLOSING_MS = 1_000;

/**
 * A way to the customer's mobile over SMPP 3.4: one connection, bound as long as the process lives. It connects with the
 * first call of `onReceipt()`, `ready()` or `send()`, and again whenever the connection is lost.
 *
 * `send()` resolves, and never rejects: `accepted` once the provider has answered so for each part of the text, `refused`
 * if nothing of it was accepted, `unknown` if something of it may have been. What is unknown is never sent again.
 *
 * `ready()` rejects, with what to do about it, unless the session is bound, was heard of in the last second or answers an
 * `enquire_link`, and no throttling pause runs. `close()` waits up to a second for answers, then unbinds.
 *
 * @throws {VerifiedMobileError} `invalid_configuration`: an option is missing, unknown or impossible
 * @see SMPP Protocol Specification 3.4, issue 1.2
 *
 * @example
 * ```ts
 * const route = smppRoute({
 *   name: 'operator-one',
 *   url: 'ssmpp://smpp.example.in:3550',
 *   systemId: 'payouts',
 *   password: { env: 'SMPP_PASSWORD' },
 *   dlt: { telemarketerIds: ['1302157225275643280'] },
 * });
 * await route.ready();
 * ```
 */
export function smppRoute(options: SmppRouteOptions): SmppRoute {
  const settings = resolveOptions(options);
  const { name, link: linkSettings } = settings;
  const report = faultReporter(name, settings.onFault);
  const ids = messageIds(settings.messageIds);
  const desk = new ReceiptDesk(ids, report);
  const throttle = new Throttle(settings.throttlePauseMs, settings.longestThrottlePauseMs);
  const link: Link = new Link(linkSettings, {
    deliver: (pdu) => desk.take(pdu),
    onUp: () => submitter.pump(),
    onDown: () => submitter.refuseWaiting(),
    report,
  });
  const submitter = new Submitter(settings.submitter, link, throttle, (status) => {
    report(throttled(linkSettings.address, status));
  });
  let closing: Promise<void> | undefined;
  return {
    name,
    window: settings.submitter.window,
    send: messageSender(settings.send, submitter, ids.ofAnswer),
    onReceipt: (listener) => {
      desk.listen(listener);
      link.start();
    },
    ready: async () => {
      await link.ready();
      const { remainingMs } = throttle;
      if (remainingMs === 0) return;
      throw unavailable(`${linkSettings.address} takes no more for ${Math.ceil(remainingMs)} ms.`);
    },
    close: async () => {
      closing ??= submitter.close(CLOSING_MS).then(async () => link.close());
      return closing;
    },
  };
}
