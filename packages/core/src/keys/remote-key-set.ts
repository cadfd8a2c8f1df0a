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

  /** Fetches, at most one at a time and once in a cool-down. Never throws: the outcome is in `#lastFetch`. */
  async #refresh(): Promise<void> {
    const now = this.#settings.clock();
    if (this.#underWay === undefined) {
      if (this.#lastFetch && now - this.#lastFetch.startedAt < this.#settings.cooldownSeconds * 1000) return;
      this.#underWay = this.#fetch(now).finally(() => (this.#underWay = undefined));
    }
    await this.#underWay;
  }

  async #fetch(now: number): Promise<void> {
    const { timeoutMs } = this.#settings;
    try {
      const keySet = await readKeySet(await fetchJson(this.#url, { timeoutMs, maxBytes: MAX_BYTES }));
      this.#current = { keySet, fetchedAt: now };
      this.#lastFetch = { startedAt: now };
      fetches.publish({ url: this.#url.href, ok: true });
    } catch (failure) {
      this.#lastFetch = { startedAt: now, failure };
      fetches.publish({ url: this.#url.href, ok: false, error: failure, olderSetInUse: this.#current !== undefined });
    }
  }

  #unavailable(what: string): VerifiedMobileError {
    return unavailable(`The key set at ${this.#url.href} ${what}.`, { cause: this.#lastFetch?.failure });
  }
}

/** When the token was signed, at the latest. A date ahead of its arrival would keep the token undecided for ever. */
function latestDateOf({ payload }: UnverifiedToken, arrivedAt: number): number {
  const iat = ownMember(payload, 'iat');
  return isFiniteNumber(iat) ? Math.min(iat * 1000 + LATEST_AFTER_DATE_MS, arrivedAt) : -Infinity;
}
