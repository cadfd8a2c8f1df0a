import {
  type ConsumeResult,
  misconfigured,
  type ReplayStore,
  resolveSettings,
  type TokenUse,
  unavailable,
  untilReady,
} from '@verified-mobile/core/store';
import { remedyFor } from './errors.ts';
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

const RANGES = {
  issuerClockToleranceSeconds: { from: 0, to: 60 },
  startTimeoutMs: { from: 1, to: 600_000 },
};

const USE = `SELECT outcome, extract(epoch FROM first_used_at)::float8 * 1000 AS first_used_at
  FROM verified_mobile.use_token(
    $1, $2, to_timestamp($3), to_timestamp($4), $5, make_interval(secs => $6), to_timestamp($7))`;

const FORGET_EVERY_MS = 10_000;
const FORGET_AT_ONCE = 5_000;

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
  readonly consumption: Settings['consumption'];
  readonly issuerClockToleranceSeconds: number;
  readonly #pool: SqlClient;
  readonly #settings: Settings;
  #forgetAt: number;

  constructor(pool: SqlClient, settings: Settings) {
    this.#pool = pool;
    this.#settings = settings;
    this.consumption = settings.consumption;
    this.issuerClockToleranceSeconds = settings.issuerClockToleranceSeconds;
    this.#forgetAt = settings.forgetsExpired ? 0 : Infinity;
  }

  async consume({ id, operation, issuedAt, expiresAt }: TokenUse): Promise<ConsumeResult> {
    const bind = this.consumption === 'before-handler';
    const dates = [issuedAt / 1000, expiresAt / 1000];
    const parameters = [id, operation, ...dates, bind, this.issuerClockToleranceSeconds, Date.now() / 1000];
    try {
      const [row] = (await rowsOf(this.#pool, USE, parameters)) as [{ outcome: string; first_used_at: number | null }];
      const { outcome, first_used_at: firstUsedAt } = row;
      // No exception of PostgreSQL: for one of those, npm pg closes the connection of the pool and opens another.
      if (outcome === 'busy') throw new Error('Another transaction is spending the token.');
      this.#forgetSometimes();
      return { outcome: outcome as ConsumeResult['outcome'], ...(firstUsedAt !== null && { firstUsedAt }) };
    } catch (cause) {
      // Busy, and 55P03: another transaction may still roll the use back, and then this one is no replay.
      throw unavailable('PostgreSQL cannot say whether a token was used.', { cause });
    }
  }

  async ready(): Promise<void> {
    const { startTimeoutMs } = this.#settings;
    await untilReady(async () => inspectServer(this.#pool), {
      startTimeoutMs,
      unreachable: 'PostgreSQL cannot be reached.',
      remedyFor,
    });
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
  const settings = resolveSettings('postgresReplayStore()', options, DEFAULTS, RANGES);
  if (settings.consumption !== 'before-handler' && settings.consumption !== 'within-transaction') {
    throw misconfigured("consumption must be 'before-handler' or 'within-transaction'.");
  }
  if (typeof settings.forgetsExpired !== 'boolean') throw misconfigured('forgetsExpired must be true or false.');
  return settings;
}
