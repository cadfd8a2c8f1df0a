import { setTimeout as delay } from 'node:timers/promises';
import { type ConsumeResult, type ReplayStore, type TokenUse, VerifiedMobileError } from '@verified-mobile/core';
import { misconfigured, remedyFor, unavailable } from './faults.ts';
import { forgetExpired } from './forget-expired.ts';
import { inspectServer } from './inspect-server.ts';
import { isSqlClient, rowsOf, type SqlClient } from './sql-client.ts';

export interface PostgresReplayStoreOptions {
  /**
   * - `before-handler`: the guard binds the token to the operation, and commits, before the handler runs.
   * - `within-transaction`: the guard only looks whether the token is free. The handler MUST call `consumeWithin` in the
   *   transaction that pays: a handler that does not accepts one token any number of times.
   *
   * Default `before-handler`; `consumeWithin` works with both.
   */
  consumption?: 'before-handler' | 'within-transaction';
  /**
   * How far the clocks of token issuers may run ahead: the largest `clockToleranceSeconds` of any guard. After a
   * failover, tokens dated up to this much later are refused as well. Seconds, 0 to 60. Default 5.
   */
  issuerClockToleranceSeconds?: number;
  /** Delete what has expired, at most 5,000 rows every ten seconds, while the store is used. Default `true`. */
  forgetsExpired?: boolean;
  /** How long `ready()` tries to reach PostgreSQL. Milliseconds, 1 to 600,000. Default 5,000. */
  startTimeoutMs?: number;
}

type Settings = Required<PostgresReplayStoreOptions>;

const DEFAULTS: Settings = {
  consumption: 'before-handler',
  issuerClockToleranceSeconds: 5,
  forgetsExpired: true,
  startTimeoutMs: 5_000,
};

const USE = `SELECT outcome, extract(epoch FROM first_used_at)::float8 * 1000 AS first_used_at
  FROM verified_mobile.use_token($1, $2, to_timestamp($3), to_timestamp($4), $5, make_interval(secs => $6))`;

const FORGET_EVERY_MS = 10_000;
const FORGET_AT_ONCE = 5_000;
const RETRY_START_MS = 50;

/**
 * A replay store in PostgreSQL. Run `migrate(pool)` once before. The pool stays the caller's: `close()` does not end it.
 *
 * @throws {VerifiedMobileError} `invalid_configuration`: no client of npm `pg` or `postgres`, an unknown option or an
 *   impossible value
 */
export function postgresReplayStore(
  pool: SqlClient,
  options: PostgresReplayStoreOptions = {},
): ReplayStore & Required<Pick<ReplayStore, 'ready' | 'close'>> {
  if (!isSqlClient(pool))
    throw misconfigured('postgresReplayStore() takes a Pool of npm pg, or the sql of npm postgres.');
  return new PostgresStore(pool, resolveOptions(options));
}

class PostgresStore implements ReplayStore {
  readonly scope = 'shared';
  readonly #pool: SqlClient;
  readonly #settings: Settings;
  #forgetAt: number;

  constructor(pool: SqlClient, settings: Settings) {
    this.#pool = pool;
    this.#settings = settings;
    this.#forgetAt = settings.forgetsExpired ? 0 : Infinity;
  }

  async consume({ id, operation, issuedAt, expiresAt }: TokenUse): Promise<ConsumeResult> {
    const { consumption, issuerClockToleranceSeconds } = this.#settings;
    const bind = consumption === 'before-handler';
    const parameters = [id, operation, issuedAt / 1000, expiresAt / 1000, bind, issuerClockToleranceSeconds];
    try {
      const [row] = (await rowsOf(this.#pool, USE, parameters)) as [{ outcome: string; first_used_at: number | null }];
      const { outcome, first_used_at: firstUsedAt } = row;
      this.#forgetSometimes();
      return { outcome: outcome as ConsumeResult['outcome'], ...(firstUsedAt !== null && { firstUsedAt }) };
    } catch (cause) {
      // 55P03 too: another transaction may still roll the use back, and then this one is no replay.
      throw unavailable('PostgreSQL cannot say whether a token was used.', cause);
    }
  }

  async ready(): Promise<void> {
    const giveUpAt = performance.now() + this.#settings.startTimeoutMs;
    for (;;) {
      try {
        const { vouchesFrom, clock } = await inspectServer(this.#pool);
        const remainingMs = Math.ceil(vouchesFrom / 1000) * 1000 - clock;
        if (remainingMs > 0) await delay(remainingMs);
        return;
      } catch (cause) {
        const final = cause instanceof VerifiedMobileError ? cause : remedyFor(cause);
        if (final) throw final;
        if (performance.now() > giveUpAt) throw unavailable('PostgreSQL cannot be reached.', cause);
        await delay(RETRY_START_MS);
      }
    }
  }

  async close(): Promise<void> {
    this.#forgetAt = Infinity;
    return Promise.resolve();
  }

  #forgetSometimes(): void {
    const now = performance.now();
    if (now < this.#forgetAt) return;
    this.#forgetAt = Infinity;
    forgetExpired(this.#pool, FORGET_AT_ONCE).then(
      (forgotten) => (this.#forgetAt = forgotten === FORGET_AT_ONCE ? 0 : now + FORGET_EVERY_MS),
      // What stays is forgotten another time; the use itself was answered.
      () => (this.#forgetAt = now + FORGET_EVERY_MS),
    );
  }
}

function resolveOptions(options: PostgresReplayStoreOptions): Settings {
  const unknown = Object.keys(options).filter((name) => !(name in DEFAULTS));
  if (unknown.length > 0) {
    const known = Object.keys(DEFAULTS).join(', ');
    throw misconfigured(`postgresReplayStore() has no option ${unknown.join(', ')}. It takes: ${known}.`);
  }
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const settings: Settings = { ...DEFAULTS, ...given };
  if (settings.consumption !== 'before-handler' && settings.consumption !== 'within-transaction') {
    throw misconfigured("consumption must be 'before-handler' or 'within-transaction'.");
  }
  if (typeof settings.forgetsExpired !== 'boolean') throw misconfigured('forgetsExpired must be true or false.');
  requireWholeNumber('issuerClockToleranceSeconds', settings.issuerClockToleranceSeconds, 0, 60);
  requireWholeNumber('startTimeoutMs', settings.startTimeoutMs, 1, 600_000);
  return settings;
}

function requireWholeNumber(name: string, value: number, from: number, to: number): void {
  if (Number.isInteger(value) && value >= from && value <= to) return;
  throw misconfigured(`${name} must be a whole number from ${from} to ${to}.`);
}
