import { setTimeout as pause } from 'node:timers/promises';
import { type Deadline, startDeadline, TIME_OVER } from './deadline.ts';
import { signedMessageHeaders } from './message-signature.ts';
import type { ClientSettings } from './options.ts';
import { readText } from './read-text.ts';
import { signedHeaders } from './sign-request.ts';

export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly body?: string;
  /** Whether the server may see it twice. If not, it is repeated only if the server cannot have seen it at all. */
  readonly repeatable: boolean;
}

export interface HttpAnswer {
  readonly outcome: 'answered';
  readonly status: number;
  /** `undefined` if it is longer than any answer of the API. */
  readonly text: string | undefined;
  readonly date: string | null;
  readonly retryAfter: string | null;
}

/** A call that got no answer. */
export interface Loss {
  readonly outcome: 'connection-lost' | 'timed-out';
  /** The system's name for it, such as `ECONNRESET`. */
  readonly reason: string;
}

export interface Limits {
  readonly timeoutMs: number;
  readonly retries: number;
  readonly signal: AbortSignal | undefined;
}

const LARGEST_ANSWER_BYTES = 64 * 1024;
const PAUSE_BEFORE_REPEAT_MS = 100;
const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([502, 503, 504]);

/** The connection was never made, so the server has seen nothing. */
const NEVER_REACHED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/**
 * Sends one call, repeats it if that is safe, and returns what came of it within the time.
 *
 * @throws the reason of the caller's signal
 */
export async function exchange(call: HttpCall, settings: ClientSettings, limits: Limits): Promise<HttpAnswer | Loss> {
  limits.signal?.throwIfAborted();
  const deadline = startDeadline(limits.timeoutMs, limits.signal);
  try {
    for (let repeats = limits.retries; ; repeats -= 1) {
      const result = await Promise.race([attempt(call, settings, deadline), deadline.passed]);
      if (repeats === 0 || !isWorthRepeating(result, call)) return result;
      await Promise.race([pause(PAUSE_BEFORE_REPEAT_MS), deadline.passed]);
    }
  } catch (reason) {
    if (reason === TIME_OVER) return { outcome: 'timed-out', reason: `no whole answer within ${limits.timeoutMs} ms` };
    throw reason;
  } finally {
    deadline.stop();
  }
}

function isWorthRepeating(result: HttpAnswer | Loss, call: HttpCall): boolean {
  if (result.outcome !== 'answered') return call.repeatable || NEVER_REACHED.has(result.reason);
  return call.repeatable && TRANSIENT_STATUSES.has(result.status);
}

async function attempt(call: HttpCall, settings: ClientSettings, { signal }: Deadline): Promise<HttpAnswer | Loss> {
  const { fetch: answerer } = settings;
  const contentType = call.body === undefined ? {} : { 'content-type': 'application/json' };
  const init: RequestInit = {
    method: call.method,
    headers: { ...authentication(call, settings), ...contentType },
    body: call.body ?? null,
    // A followed redirect would carry keys and token to another host.
    redirect: 'manual',
    signal,
  };
  try {
    const response = await (answerer ? answerer(new Request(call.url, init)) : fetch(call.url, init));
    const { status, headers } = response;
    const text = await readText(response, LARGEST_ANSWER_BYTES);
    return { outcome: 'answered', status, text, date: headers.get('date'), retryAfter: headers.get('retry-after') };
  } catch (error) {
    return { outcome: 'connection-lost', reason: systemCode(error) };
  }
}

/** Made anew for each attempt: an issuer takes a message signature once. */
function authentication({ method, url, body = '' }: HttpCall, settings: ClientSettings): Record<string, string> {
  const now = settings.clock();
  if (!settings.messageSignature) return signedHeaders(settings, now);
  const { pathname, search } = new URL(url);
  return signedMessageHeaders(settings, { method, target: pathname + search, body }, now);
}

/** The code alone. Messages and causes of network errors may hold what the server sent. */
function systemCode(error: unknown): string {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  const found = cause?.code ?? code;
  return typeof found === 'string' && /^[A-Z][A-Z0-9_]+$/.test(found) ? found : 'the connection broke';
}
