import { channel } from 'node:diagnostics_channel';
import type { Clock } from '../lib/clock.ts';
import { misconfigured, unavailable, VerifiedMobileError } from '../lib/errors.ts';
import { isFiniteNumber, ownMember } from '../lib/json.ts';
import type { UnverifiedToken } from '../token/compact-token.ts';
import { type Authenticity, FORGED } from '../token/token-keys.ts';
import type { PublicKeyAlgorithm } from './algorithms.ts';
import { fetchJson } from './fetch-json.ts';
import { type KeySet, readKeySet } from './key-set.ts';

export interface RemoteKeySetSettings {
  readonly algorithms: readonly PublicKeyAlgorithm[];
  readonly timeoutMs: number;
  readonly cooldownSeconds: number;
  readonly maxAgeSeconds: number;
  readonly staleSeconds: number;
  readonly startTimeoutMs: number;
  readonly clock: Clock;
}

const MAX_BYTES = 64 * 1024;

const START_RETRY_MS = 250;

/** Tokens are dated in whole seconds, by a clock that may be 5 s behind. */
const LATEST_AFTER_DATE_MS = 6_000;

/** Every fetch of a key set: `url`, `ok` and, if it failed, `error` and `olderSetInUse`. */
const fetches = channel('verified-mobile:jwks');

/** A key set that its issuer publishes. If it could not be fetched, that is thrown: it is not the token's fault. */
export class RemoteKeySet {
  readonly #url: URL;
  readonly #settings: RemoteKeySetSettings;
  #current: { readonly keySet: KeySet; readonly fetchedAt: number } | undefined;
  #lastFetch: { readonly startedAt: number; readonly failure?: unknown } | undefined;
  #failuresInARow = 0;
  #nextFetchAt = -Infinity;
  #underWay: Promise<void> | undefined;

  constructor(url: URL, settings: RemoteKeySetSettings) {
    this.#url = url;
    this.#settings = settings;
  }

  /** At once for a token of a key that is at hand and not old: nearly every token. */
  authenticate(token: UnverifiedToken, algorithm: string): Authenticity | Promise<Authenticity> {
    const arrivedAt = this.#settings.clock();
    const fresh = this.#ageMs(arrivedAt) > this.#settings.maxAgeSeconds * 1000 ? undefined : this.#current?.keySet;
    return fresh?.judge(token, algorithm) ?? this.#judgeAfterFetch(token, algorithm, { arrivedAt, judgedBy: fresh });
  }

  /**
   * Resolves when a key set is at hand.
   *
   * @throws {VerifiedMobileError} `invalid_configuration`, at once: what the URL answers is no key set that can be used;
   *   `unavailable` when the time is over
   */
  async ready(): Promise<void> {
    const { startTimeoutMs } = this.#settings;
    const giveUpAt = performance.now() + startTimeoutMs;
    while (this.#current === undefined) {
      // A start that failed must not lengthen the wait of the requests that come in spite of it.
      this.#failuresInARow = 0;
      await this.#fetchAlone();
      const failure = this.#lastFetch?.failure;
      if (failure === undefined) return;
      if (failure instanceof VerifiedMobileError) throw this.#unusable(failure);
      if (performance.now() > giveUpAt) throw this.#unreachable(failure);
      await pause(START_RETRY_MS);
    }
  }

  async #judgeAfterFetch(
    token: UnverifiedToken,
    algorithm: string,
    { arrivedAt, judgedBy }: { arrivedAt: number; judgedBy: KeySet | undefined },
  ): Promise<Authenticity> {
    await this.#refresh();
    const keySet = this.#usable();
    const judged = keySet === judgedBy ? undefined : keySet.judge(token, algorithm);
    if (judged !== undefined) return judged;
    // It may be of the issuer's newest key. Only a set that was fetched later than that key could sign says that it is not.
    const { startedAt, failure } = this.#lastFetch!;
    if (failure !== undefined) throw this.#unavailable('could not be fetched');
    if (latestDateOf(token, arrivedAt) > startedAt) throw this.#unavailable('may be older than the key of this token');
    return FORGED;
  }

  #ageMs(now: number): number {
    return this.#current === undefined ? Infinity : now - this.#current.fetchedAt;
  }

  #usable(): KeySet {
    const { clock, maxAgeSeconds, staleSeconds } = this.#settings;
    const isUsable = this.#ageMs(clock()) <= (maxAgeSeconds + staleSeconds) * 1000;
    if (this.#current === undefined || !isUsable) throw this.#unavailable('could not be fetched');
    return this.#current.keySet;
  }

  /** Fetches, if enough time has passed since the last time. Never throws: the outcome is in `#lastFetch`. */
  async #refresh(): Promise<void> {
    if (this.#underWay !== undefined || this.#settings.clock() >= this.#nextFetchAt) await this.#fetchAlone();
  }

  /** One fetch at a time, however many wait for it. */
  async #fetchAlone(): Promise<void> {
    this.#underWay ??= this.#fetch(this.#settings.clock()).finally(() => (this.#underWay = undefined));
    await this.#underWay;
  }

  async #fetch(startedAt: number): Promise<void> {
    const { algorithms, timeoutMs, cooldownSeconds, clock } = this.#settings;
    const url = this.#url.href;
    try {
      const document = await fetchJson(this.#url, { timeoutMs, maxBytes: MAX_BYTES });
      const keySet = await readKeySet(document, algorithms);
      this.#current = { keySet, fetchedAt: startedAt };
      this.#lastFetch = { startedAt };
      this.#failuresInARow = 0;
      this.#nextFetchAt = startedAt + cooldownSeconds * 1000;
      fetches.publish({ url, ok: true });
    } catch (failure) {
      this.#lastFetch = { startedAt, failure };
      // From the end of the fetch, or one that runs into its time limit would be followed by the next at once.
      this.#nextFetchAt = clock() + Math.min(2 ** this.#failuresInARow, cooldownSeconds) * 1000;
      this.#failuresInARow += 1;
      fetches.publish({ url, ok: false, error: failure, olderSetInUse: this.#current !== undefined });
    }
  }

  #unavailable(what: string): VerifiedMobileError {
    return unavailable(`The key set at ${this.#url.href} ${what}.`, {
      cause: this.#lastFetch?.failure,
      retryAfterSeconds: (this.#nextFetchAt - this.#settings.clock()) / 1000,
    });
  }

  #unusable(cause: VerifiedMobileError): VerifiedMobileError {
    const remedy = "Give jwks(), or VERIFIED_MOBILE_JWKS_URL, the issuer's jwks_uri.";
    return misconfigured(`The key set at ${this.#url.href} cannot be used. ${cause.message} ${remedy}`, { cause });
  }

  #unreachable(cause: unknown): VerifiedMobileError {
    const what = `could not be fetched within ${this.#settings.startTimeoutMs} ms (${reasonOf(cause)})`;
    const remedy =
      'Check the URL given to jwks(), or VERIFIED_MOBILE_JWKS_URL, from this machine. If this very process serves it, listen before you await ready().';
    return unavailable(`The key set at ${this.#url.href} ${what}. ${remedy}`, { cause });
  }
}

/** `ECONNREFUSED` says more than `fetch failed`. */
function reasonOf(failure: unknown): string {
  const { message, cause } = failure as Error;
  const code = (cause as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : message;
}

async function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, milliseconds));
}

/** When the token was signed, at the latest. A date ahead of its arrival would keep the token undecided for ever. */
function latestDateOf({ payload }: UnverifiedToken, arrivedAt: number): number {
  const iat = ownMember(payload, 'iat');
  return isFiniteNumber(iat) ? Math.min(iat * 1000 + LATEST_AFTER_DATE_MS, arrivedAt) : -Infinity;
}
