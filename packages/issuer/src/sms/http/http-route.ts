import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { SmsMessage } from '../../domain/sms-message.ts';
import type { SmsResult, SmsRoute } from '../../domain/sms-route.ts';
import { IssuerError } from '../../lib/errors.ts';
import { within } from '../../lib/within.ts';
import { type Exchange, exchange, type ExchangeOptions } from './exchange.ts';
import { judgeExchanges } from './judge.ts';
import type { HttpSmsOptions } from './options.ts';
import { readValues } from './placeholders.ts';
import type { OutgoingRequest } from './request.ts';
import { reportFault, type ResolvedOptions, resolveOptions } from './resolve-options.ts';

/** Shorter than servers keep an idle connection (Node, Apache: 5 s), so that none is used while its server closes it. */
const KEPT_MS = 4_000;
const CLOSING_MS = 1_000;

/**
 * A route over the HTTP API of a provider, described by options alone. Whatever the provider answers becomes one of the
 * outcomes of {@link SmsRoute}: what was certainly not accepted is refused, with the reason; all that is left is `unknown`.
 * No redirect is followed, and no request is repeated that the provider may have seen, unless it tells repetitions apart.
 *
 * @throws {IssuerError} `invalid_configuration`, naming the option by its path; no secret is in it
 *
 * @example
 * ```ts
 * const route = httpSmsRoute({
 *   name: 'example',
 *   url: 'https://api.sms.example/v1/messages',
 *   headers: { authorization: 'Bearer ${SMS_API_KEY}' },
 *   json: { to: '{{to}}', text: '{{text}}', sender: '{{dlt.header}}', template: '{{dlt.templateId}}' },
 *   accepted: { path: 'status', oneOf: ['queued'] },
 *   messageId: 'id',
 *   refused: { code: 'error.code', throttled: ['too_many'] },
 * });
 * ```
 */
export function httpSmsRoute(options: HttpSmsOptions): SmsRoute {
  const settings = resolveOptions(options);
  const { name, window, readReceipts } = settings;
  const kept = { keepAlive: true, timeout: KEPT_MS, scheduling: 'lifo' } as const;
  const agent = settings.isTls ? new HttpsAgent(kept) : new HttpAgent(kept);
  const underWay = new Map<Promise<unknown>, AbortController>();
  return {
    name,
    window,
    async send(message, { signal }) {
      const controller = new AbortController();
      const work = sendOne(message, { ...settings, agent, controller, signal });
      underWay.set(work, controller);
      return work.finally(() => underWay.delete(work));
    },
    ...(readReceipts && { readReceipts }),
    async close() {
      await within(Promise.allSettled(underWay.keys()), CLOSING_MS, () => []);
      for (const controller of underWay.values()) controller.abort();
      agent.destroy();
    },
  };
}

interface Sending extends ResolvedOptions {
  readonly agent: HttpAgent;
  readonly controller: AbortController;
  /** That of the hand-over. */
  readonly signal: AbortSignal;
}

async function sendOne(message: SmsMessage, sending: Sending): Promise<SmsResult> {
  const { name, request, rules, timeoutMs, telemarketerIds, clock, onFault, controller, signal } = sending;
  const now = clock();
  const values = readValues(request.needed, message, { telemarketerIds, now });
  const outgoing = values && request.fill(values);
  if (outgoing === undefined) return { outcome: 'refused', reason: 'message' };
  // Not AbortSignal.any(): a signal that lives long remembers all that were made of it.
  const giveUp = (): void => controller.abort();
  const timer = setTimeout(giveUp, timeoutMs);
  signal.addEventListener('abort', giveUp);
  if (signal.aborted) giveUp();
  try {
    const exchanges = await exchangeSafely(outgoing, { ...sending, signal: controller.signal });
    const { result, fault } = judgeExchanges(exchanges, rules, now);
    if (fault !== undefined) tell(onFault, new IssuerError('sms_refused', `Route ${name}: ${fault}`));
    return result;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
  }
}

/** A listener that throws must not turn an SMS that was perhaps accepted into a refusal, and send it once more. */
function tell(onFault: ResolvedOptions['onFault'], error: IssuerError): void {
  try {
    onFault(error);
  } catch {
    reportFault(error);
  }
}

/**
 * A connection that was kept may have been closed by the server in the meantime. If nothing has left, the request goes over a
 * new one. If it may have left, it does so only if the provider tells repetitions apart.
 *
 * @returns what became of each request of which something may have left, or of the only one
 */
async function exchangeSafely(
  outgoing: OutgoingRequest,
  { canRepeat, ...options }: ExchangeOptions & Pick<ResolvedOptions, 'canRepeat'>,
): Promise<readonly [Exchange, Exchange?]> {
  const first = await exchange(outgoing, options);
  if (first.outcome === 'answered' || !first.isKeptConnection || options.signal.aborted) return [first];
  if (first.outcome === 'lost' && !canRepeat) return [first];
  const second = await exchange(outgoing, { ...options, agent: false });
  return first.outcome === 'unsent' ? [second] : [first, second];
}
