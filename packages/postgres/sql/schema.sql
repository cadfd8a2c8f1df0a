-- The replay store of @verified-mobile/postgres. Safe to run again; run it in one transaction (psql -1 -f, or migrate()).

SELECT pg_advisory_xact_lock(7308895158822235649);

CREATE SCHEMA IF NOT EXISTS verified_mobile;

-- Never UNLOGGED: a crash would empty it, and every used token would pass again.
CREATE TABLE IF NOT EXISTS verified_mobile.token_use (
  id text COLLATE "C" PRIMARY KEY,
  operation text COLLATE "C" NOT NULL,
  used_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz NOT NULL,
  -- When a payout's transaction spent it; NULL while it is only bound to its operation.
  spent_at timestamptz
);

CREATE INDEX IF NOT EXISTS token_use_expires_at ON verified_mobile.token_use (expires_at);

-- How long a use is remembered beyond its end.
CREATE OR REPLACE FUNCTION verified_mobile.remembered() RETURNS interval
LANGUAGE sql IMMUTABLE AS $$ SELECT interval '1 hour' $$;

-- Since when every use is remembered, and up to which end uses were forgotten again.
CREATE TABLE IF NOT EXISTS verified_mobile.lineage (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  schema_version integer NOT NULL,
  identity text NOT NULL,
  vouches_from timestamptz NOT NULL,
  -- The latest end of a use that was deleted. By the clock alone it would be an hour ago; a clock may have been ahead.
  forgotten_until timestamptz NOT NULL DEFAULT '-infinity'
);

-- What no copy has: another system is a dump restored elsewhere, another timeline a promoted replica or a restored backup,
-- another table a dump restored here. In each, uses may be missing.
CREATE OR REPLACE FUNCTION verified_mobile.current_identity() RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT concat_ws('/', system_identifier, left(pg_walfile_name(pg_current_wal_lsn()), 8),
    'verified_mobile.token_use'::regclass::oid)
  FROM pg_control_system()
$$;

INSERT INTO verified_mobile.lineage (schema_version, identity, vouches_from)
VALUES (1, verified_mobile.current_identity(), clock_timestamp())
ON CONFLICT DO NOTHING;

-- Two clocks that differ by a minute: it is not known which tokens are over, nor since when uses are remembered.
CREATE OR REPLACE FUNCTION verified_mobile.require_one_time(p_caller_time timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF abs(extract(epoch FROM clock_timestamp() - p_caller_time)) > 60 THEN
    RAISE EXCEPTION 'the clocks of PostgreSQL and of the service differ by more than a minute' USING ERRCODE = 'VM001';
  END IF;
END $$;

-- Whether an id that is not in the table was never used. Looked at after the table: what is forgotten meanwhile shows here.
-- Another identity begins a new lineage, no earlier than the latest time that anybody knows of.
CREATE OR REPLACE FUNCTION verified_mobile.is_vouched_for(
  p_issued_at timestamptz, p_expires_at timestamptz, p_margin interval, p_caller_time timestamptz
) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
  UPDATE verified_mobile.lineage
    SET identity = verified_mobile.current_identity(), vouches_from = p_margin + greatest(
      clock_timestamp(), p_caller_time, (SELECT max(used_at) FROM verified_mobile.token_use))
    WHERE identity <> verified_mobile.current_identity();
  RETURN (SELECT p_issued_at >= vouches_from AND p_expires_at > forgotten_until FROM verified_mobile.lineage);
END $$;

-- A crash must not take the use back, whatever the session or the server is set to. Until the end of the transaction.
CREATE OR REPLACE FUNCTION verified_mobile.require_durable_commit() RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('synchronous_commit') = 'off' THEN PERFORM set_config('synchronous_commit', 'on', true); END IF;
END $$;

-- Advisory locks of one id: who fails to take one is answered at once. Two that wait for the row instead hold the
-- connections that other customers need. `spend` is held by the one transaction that spends the id. `look` tells the
-- others of it: they share it for a moment, which must neither refuse the spender nor one another.
CREATE OR REPLACE FUNCTION verified_mobile.lock_of(p_purpose text, p_id text) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$ SELECT hashtextextended('verified_mobile ' || p_purpose || ' ' || p_id, 0) $$;

-- A lock of the session: that of a transaction would last until its commit is on the disk. In one expression: a query
-- cancelled between the two would leave the connection with the lock.
CREATE OR REPLACE FUNCTION verified_mobile.is_being_spent(p_id text) RETURNS boolean
LANGUAGE sql AS $$
  SELECT CASE WHEN pg_try_advisory_lock_shared(verified_mobile.lock_of('look', p_id))
    THEN NOT pg_advisory_unlock_shared(verified_mobile.lock_of('look', p_id)) ELSE true END
$$;

-- Binds an id to an operation, or (p_bind false) only says whether it could. lock_timeout: a use that waits for
-- another transaction must not hold its connection for as long as that takes.
CREATE OR REPLACE FUNCTION verified_mobile.use_token(
  p_id text, p_operation text, p_issued_at timestamptz, p_expires_at timestamptz, p_bind boolean, p_margin interval,
  p_caller_time timestamptz, OUT outcome text, OUT first_used_at timestamptz
)
LANGUAGE plpgsql SET lock_timeout = '150ms' AS $$
DECLARE
  bound_to text;
BEGIN
  PERFORM verified_mobile.require_one_time(p_caller_time);
  SELECT operation, used_at INTO bound_to, first_used_at FROM verified_mobile.token_use WHERE id = p_id;
  IF NOT FOUND THEN
    IF p_expires_at <= clock_timestamp()
      OR NOT verified_mobile.is_vouched_for(p_issued_at, p_expires_at, p_margin, p_caller_time)
    THEN
      outcome := 'fenced';
      RETURN;
    END IF;
    IF verified_mobile.is_being_spent(p_id) THEN
      outcome := 'busy';
      RETURN;
    END IF;
    IF p_bind THEN
      PERFORM verified_mobile.require_durable_commit();
      INSERT INTO verified_mobile.token_use (id, operation, expires_at)
        VALUES (p_id, p_operation, p_expires_at) ON CONFLICT DO NOTHING
        RETURNING used_at INTO first_used_at;
    END IF;
    IF FOUND OR NOT p_bind THEN
      outcome := 'first-use';
      RETURN;
    END IF;
    -- Another use was faster: what it committed is visible to this statement.
    SELECT operation, used_at INTO STRICT bound_to, first_used_at FROM verified_mobile.token_use WHERE id = p_id;
  END IF;
  outcome := CASE WHEN bound_to = p_operation THEN 'same-operation' ELSE 'used' END;
END $$;

-- Spends an id in the caller's transaction: true for one transaction only, bound before by the guard or not. A proof may
-- come late, from a queue, but not later than its use would have been forgotten.
CREATE OR REPLACE FUNCTION verified_mobile.spend_token(
  p_id text, p_operation text, p_issued_at timestamptz, p_expires_at timestamptz, p_caller_time timestamptz
) RETURNS boolean
LANGUAGE plpgsql SET lock_timeout = '50ms' AS $$
BEGIN
  IF NOT pg_try_advisory_xact_lock(verified_mobile.lock_of('spend', p_id)) THEN
    RAISE EXCEPTION 'another transaction is spending this token' USING ERRCODE = 'lock_not_available';
  END IF;
  PERFORM pg_advisory_xact_lock(verified_mobile.lock_of('look', p_id));
  PERFORM verified_mobile.require_one_time(p_caller_time);
  PERFORM verified_mobile.require_durable_commit();
  IF NOT EXISTS (SELECT FROM verified_mobile.token_use WHERE id = p_id) AND (
    p_expires_at <= clock_timestamp() - verified_mobile.remembered()
    OR NOT verified_mobile.is_vouched_for(p_issued_at, p_expires_at, '60 seconds', p_caller_time)
  ) THEN
    RETURN false;
  END IF;
  INSERT INTO verified_mobile.token_use AS existing (id, operation, expires_at, spent_at)
    VALUES (p_id, p_operation, p_expires_at, clock_timestamp())
    ON CONFLICT (id) DO UPDATE SET spent_at = EXCLUDED.spent_at
      WHERE existing.operation = EXCLUDED.operation AND existing.spent_at IS NULL;
  RETURN FOUND;
END $$;

-- Forgets what no service accepts any more, an hour late, for proofs that wait in a queue. SKIP LOCKED, so that two
-- services never wait for each other.
CREATE OR REPLACE FUNCTION verified_mobile.forget_expired(p_limit integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  forgotten integer;
  latest timestamptz;
BEGIN
  WITH deleted AS (
    DELETE FROM verified_mobile.token_use WHERE id IN (
      SELECT id FROM verified_mobile.token_use
        WHERE expires_at < clock_timestamp() - verified_mobile.remembered()
        ORDER BY expires_at LIMIT p_limit FOR UPDATE SKIP LOCKED
    ) RETURNING expires_at
  )
  SELECT count(*), max(expires_at) INTO forgotten, latest FROM deleted;
  UPDATE verified_mobile.lineage SET forgotten_until = latest WHERE forgotten_until < latest;
  RETURN forgotten;
END $$;
