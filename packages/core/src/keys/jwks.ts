import { channel } from 'node:diagnostics_channel';
import { type Clock, steadyClock } from '../lib/clock.ts';
import { misconfigured, unavailable, type VerifiedMobileError } from '../lib/errors.ts';
import { requireFunction, resolveSettings } from '../lib/settings.ts';
import { fetchJson } from './fetch-json.ts';
import { PUBLIC_KEY_ALGORITHMS, type PublicKeyAlgorithm } from './algorithms.ts';
import { type KeySet, readKeySet } from './key-set.ts';
import type { SignatureCheck } from './signature.ts';
import { AUTHENTIC, type Authenticity, FORGED, type TokenKeys } from '../token/token-keys.ts';

export interface JwksOptions {
  /** Accept these algorithms only. Default: every algorithm that a key in the set may verify. */
  algorithms?: readonly PublicKeyAlgorithm[];
  /** Give up on a fetch after so long, headers and body together. Milliseconds, 1 to 30,000. Default 3,000. */
  timeoutMs?: number;
  /** Fetch at most once in so long, however many tokens name an unknown key and whether or not the fetch worked. Seconds, 1 to 3,600. Default 30. */
  cooldownSeconds?: number;
  /** Fetch again when the set is older: how long a withdrawn key lives on. Seconds, 1 to 86,400. Default 600. */
  maxAgeSeconds?: number;
  /** How long beyond `maxAgeSeconds` a set is used when it cannot be fetched. Seconds, 0 to 86,400. Default 3,600. */
  staleSeconds?: number;
  /** The time in milliseconds, for tests. Default: the system's clock. */
  clock?: Clock;
}

type JwksSettings = Required<JwksOptions>;

const MAX_BYTES = 64 * 1024;

/** Every fetch of a key set: `url`, `ok` and, if it failed, `error` and `olderSetInUse`. */
const fetches = channel('verified-mobile:jwks');

/**
 * Trusts tokens signed by a key of a JWK Set, fetched when first needed and again when it is old or a token names a
 * key that is not in it.
 *
 * @param url the issuer's `jwks_uri`: `https:`, or `http:` on a loopback address
 * @throws {VerifiedMobileError} `invalid_configuration`: another URL, an unknown option, a value out of range
 */
export function jwks(url: string | URL, options: JwksOptions = {}): TokenKeys {
  const settings = resolve(options);
  const keySet = new RemoteKeySet(requireTrustworthyUrl(url), settings);
  const algorithms: ReadonlySet<string> = new Set(settings.algorithms);
  return {
    accepts: (algorithm) => algorithms.has(algorithm),
    authenticate: ({ header, signedText, signature }, algorithm): Authenticity | Promise<Authenticity> => {
      const { kid } = header;
      if (kid !== undefined && typeof kid !== 'string') return FORGED;
      const judge = (isSignature: SignatureCheck | undefined): Authenticity =>
        isSignature?.(signedText, signature) ? AUTHENTIC : FORGED;
      const fresh = keySet.findFresh(kid, algorithm);
      return fresh === undefined ? keySet.find(kid, algorithm).then(judge) : judge(fresh);
    },
  };
}

/** A key set that its issuer publishes. If it could not be fetched, that is thrown: it is not the token's fault. */
class RemoteKeySet {
  readonly #url: URL;
  readonly #settings: JwksSettings;
  #current: { keySet: KeySet; fetchedAt: number } | undefined;
  #lastFetch: { startedAt: number; failure?: unknown } | undefined;
  #underWay: Promise<void> | undefined;

  constructor(url: URL, settings: JwksSettings) {
    this.#url = url;
    this.#settings = settings;
  }

  /** What is at hand and not old: nearly every token needs no more. */
  findFresh(kid: string | undefined, algorithm: string): SignatureCheck | undefined {
    return this.#isOld() ? undefined : this.#current?.keySet.find(kid, algorithm);
  }

  async find(kid: string | undefined, algorithm: string): Promise<SignatureCheck | undefined> {
    if (this.#isOld()) await this.#refresh();
    const found = this.#usable().find(kid, algorithm);
    if (found !== undefined) return found;
    await this.#refresh();
    // Unknown key after a failed fetch: it may be the issuer's newest. Only a set that arrived can say that it is not.
    if (this.#lastFetch?.failure !== undefined) throw this.#unavailable();
    return this.#usable().find(kid, algorithm);
  }

  #isOld(): boolean {
    return this.#ageMs() > this.#settings.maxAgeSeconds * 1000;
  }

  #ageMs(): number {
    return this.#current === undefined ? Infinity : this.#settings.clock() - this.#current.fetchedAt;
  }

  #usable(): KeySet {
    const { maxAgeSeconds, staleSeconds } = this.#settings;
    if (this.#current === undefined || this.#ageMs() > (maxAgeSeconds + staleSeconds) * 1000) throw this.#unavailable();
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

  #unavailable(): VerifiedMobileError {
    return unavailable(`The key set at ${this.#url.href} cannot be had.`, { cause: this.#lastFetch?.failure });
  }
}

const DEFAULTS: JwksSettings = {
  algorithms: PUBLIC_KEY_ALGORITHMS,
  timeoutMs: 3_000,
  cooldownSeconds: 30,
  maxAgeSeconds: 600,
  staleSeconds: 3_600,
  clock: steadyClock,
};

const RANGES = {
  timeoutMs: { from: 1, to: 30_000 },
  cooldownSeconds: { from: 1, to: 3_600 },
  maxAgeSeconds: { from: 1, to: 86_400 },
  staleSeconds: { from: 0, to: 86_400 },
};

function resolve(options: JwksOptions): JwksSettings {
  const settings = resolveSettings('jwks()', options, DEFAULTS, RANGES);
  if (settings.algorithms.length === 0 || settings.algorithms.some((name) => !PUBLIC_KEY_ALGORITHMS.includes(name))) {
    throw misconfigured(`jwks() takes algorithms out of ${PUBLIC_KEY_ALGORITHMS.join(', ')}.`);
  }
  requireFunction('clock', settings.clock);
  return settings;
}

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

function requireTrustworthyUrl(value: string | URL): URL {
  const url = URL.canParse(String(value)) ? new URL(value) : undefined;
  const trustworthy = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.test(url.hostname));
  if (url === undefined || !trustworthy) {
    throw misconfigured(
      'jwks() needs an https URL. Plain http is taken on a loopback address only: anyone on the way could swap the keys.',
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw misconfigured('jwks() takes no user name or password in its URL: key sets are public.');
  }
  return url;
}
