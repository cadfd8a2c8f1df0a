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

-- Since when every use is remembered. Another timeline is a promoted replica or a restored backup: uses may be missing.
CREATE TABLE IF NOT EXISTS verified_mobile.lineage (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  schema_version integer NOT NULL,
  timeline text NOT NULL,
  vouches_from timestamptz NOT NULL
);

CREATE OR REPLACE FUNCTION verified_mobile.current_timeline() RETURNS text
LANGUAGE sql STABLE AS $$ SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8) $$;

INSERT INTO verified_mobile.lineage (schema_version, timeline, vouches_from)
VALUES (1, verified_mobile.current_timeline(), clock_timestamp())
ON CONFLICT DO NOTHING;

-- Binds an id to an operation, or (p_bind false) only says whether it could. lock_timeout: a use that waits for
-- another transaction must not hold its connection for as long as that takes.
CREATE OR REPLACE FUNCTION verified_mobile.use_token(
  p_id text, p_operation text, p_issued_at timestamptz, p_expires_at timestamptz, p_bind boolean, p_margin interval,
  OUT outcome text, OUT first_used_at timestamptz
)
LANGUAGE plpgsql SET lock_timeout = '150ms' AS $$
DECLARE
  bound_to text;
  fence timestamptz;
BEGIN
  SELECT operation, used_at INTO bound_to, first_used_at FROM verified_mobile.token_use WHERE id = p_id;
  IF NOT FOUND THEN
    UPDATE verified_mobile.lineage
      SET timeline = verified_mobile.current_timeline(), vouches_from = clock_timestamp() + p_margin
      WHERE timeline <> verified_mobile.current_timeline();
    SELECT vouches_from INTO fence FROM verified_mobile.lineage;
    IF p_issued_at < fence OR p_expires_at <= clock_timestamp() THEN
      outcome := 'fenced';
      RETURN;
    END IF;
    IF p_bind THEN
      INSERT INTO verified_mobile.token_use (id, operation, expires_at)
        VALUES (p_id, p_operation, p_expires_at) ON CONFLICT DO NOTHING
        RETURNING used_at INTO first_used_at;
    END IF;
    IF FOUND OR NOT p_bind THEN
      outcome := 'first-use';
      RETURN;
    END IF;
    -- Somebody else was faster: what they committed is visible to this statement.
    SELECT operation, used_at INTO STRICT bound_to, first_used_at FROM verified_mobile.token_use WHERE id = p_id;
  END IF;
  outcome := CASE WHEN bound_to = p_operation THEN 'same-operation' ELSE 'used' END;
END $$;

-- Spends an id in the caller's transaction: true for one transaction only, bound before by the guard or not.
CREATE OR REPLACE FUNCTION verified_mobile.spend_token(
  p_id text, p_operation text, p_issued_at timestamptz, p_expires_at timestamptz
) RETURNS boolean
LANGUAGE plpgsql SET lock_timeout = '50ms' AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM verified_mobile.token_use WHERE id = p_id) AND EXISTS (
    SELECT FROM verified_mobile.lineage
      WHERE p_issued_at < vouches_from OR timeline <> verified_mobile.current_timeline()
  ) THEN
    RETURN false;
  END IF;
  INSERT INTO verified_mobile.token_use AS existing (id, operation, expires_at, spent_at)
    VALUES (p_id, p_operation, p_expires_at, clock_timestamp())
    ON CONFLICT (id) DO UPDATE SET spent_at = EXCLUDED.spent_at
      WHERE existing.operation = EXCLUDED.operation AND existing.spent_at IS NULL;
  RETURN FOUND;
END $$;

-- Forgets what no service accepts any more. An hour late, so that a clock that steps forward and back forgets nothing
-- too early; SKIP LOCKED, so that two services never wait for each other.
CREATE OR REPLACE FUNCTION verified_mobile.forget_expired(p_limit integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  forgotten integer;
BEGIN
  DELETE FROM verified_mobile.token_use WHERE id IN (
    SELECT id FROM verified_mobile.token_use
      WHERE expires_at < clock_timestamp() - interval '1 hour'
      ORDER BY expires_at LIMIT p_limit FOR UPDATE SKIP LOCKED
  );
  GET DIAGNOSTICS forgotten = ROW_COUNT;
  RETURN forgotten;
END $$;
