import { channel } from 'node:diagnostics_channel';
import type { Clock } from '../lib/clock.ts';
import { unavailable, type VerifiedMobileError } from '../lib/errors.ts';
import { isFiniteNumber, ownMember } from '../lib/json.ts';
import type { UnverifiedToken } from '../token/compact-token.ts';
import { type Authenticity, FORGED } from '../token/token-keys.ts';
import { fetchJson } from './fetch-json.ts';
import { type KeySet, readKeySet } from './key-set.ts';

export interface RemoteKeySetSettings {
  readonly timeoutMs: number;
  readonly cooldownSeconds: number;
  readonly maxAgeSeconds: number;
  readonly staleSeconds: number;
  readonly clock: Clock;
}

const MAX_BYTES = 64 * 1024;

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
    if (this.#underWay === undefined && this.#settings.clock() < this.#nextFetchAt) return;
    // One at a time, however many tokens wait for it.
    this.#underWay ??= this.#fetch(this.#settings.clock()).finally(() => (this.#underWay = undefined));
    await this.#underWay;
  }

  async #fetch(startedAt: number): Promise<void> {
    const { timeoutMs, cooldownSeconds, clock } = this.#settings;
    const url = this.#url.href;
    try {
      const keySet = await readKeySet(await fetchJson(this.#url, { timeoutMs, maxBytes: MAX_BYTES }));
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
}

/** When the token was signed, at the latest. A date ahead of its arrival would keep the token undecided for ever. */
function latestDateOf({ payload }: UnverifiedToken, arrivedAt: number): number {
  const iat = ownMember(payload, 'iat');
  return isFiniteNumber(iat) ? Math.min(iat * 1000 + LATEST_AFTER_DATE_MS, arrivedAt) : -Infinity;
}
