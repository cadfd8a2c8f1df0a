import { type Clock, monotonicClock } from '../lib/clock.ts';
import { misconfigured } from '../lib/errors.ts';
import { requireFunction, resolveSettings } from '../lib/settings.ts';
import { PUBLIC_KEY_ALGORITHMS, type PublicKeyAlgorithm } from './algorithms.ts';
import { RemoteKeySet } from './remote-key-set.ts';
import { type Authenticity, FORGED, type TokenKeys } from '../token/token-keys.ts';

export interface JwksOptions {
  /** Accept these algorithms only. Default: every algorithm that a key in the set may verify. */
  algorithms?: readonly PublicKeyAlgorithm[];
  /** Give up on a fetch after so long, headers and body together. Milliseconds, 1 to 30,000. Default 3,000. */
  timeoutMs?: number;
  /**
   * Fetch at most once in so long, however many tokens name an unknown key. After a fetch that failed the next may come
   * in 1 s, then in 2, 4 and so on, up to this. Seconds, 1 to 3,600. Default 30.
   */
  cooldownSeconds?: number;
  /** Fetch again when the set is older: how long a withdrawn key lives on. Seconds, 1 to 86,400. Default 600. */
  maxAgeSeconds?: number;
  /** How long beyond `maxAgeSeconds` a set is used when it cannot be fetched. Seconds, 0 to 86,400. Default 3,600. */
  staleSeconds?: number;
  /** How long `ready()` tries to fetch the set. Milliseconds, 1 to 600,000. Default 5,000. */
  startTimeoutMs?: number;
  /** The time in milliseconds, for tests. Default: a clock that nobody can set. */
  clock?: Clock;
}

type JwksSettings = Required<JwksOptions>;

/**
 * Trusts tokens signed by a key of a JWK Set, fetched by `ready()` or when first needed, and again when it is old or a token names a
 * key that is not in it. A token without `kid` is tried with the first five keys of its algorithm. A token that a key newer
 * than the last fetch may have signed is answered 503 until the next fetch decides.
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
    authenticate: (token, algorithm): Authenticity | Promise<Authenticity> => {
      const { kid } = token.header;
      if (kid !== undefined && typeof kid !== 'string') return FORGED;
      return keySet.authenticate(token, algorithm);
    },
    ready: async () => keySet.ready(),
  };
}

const DEFAULTS: JwksSettings = {
  algorithms: PUBLIC_KEY_ALGORITHMS,
  timeoutMs: 3_000,
  cooldownSeconds: 30,
  maxAgeSeconds: 600,
  staleSeconds: 3_600,
  startTimeoutMs: 5_000,
  clock: monotonicClock,
};

const RANGES = {
  timeoutMs: { from: 1, to: 30_000 },
  cooldownSeconds: { from: 1, to: 3_600 },
  maxAgeSeconds: { from: 1, to: 86_400 },
  staleSeconds: { from: 0, to: 86_400 },
  startTimeoutMs: { from: 1, to: 600_000 },
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
