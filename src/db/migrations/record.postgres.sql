-- One at a time, by the program or by psql; held to the end of the transaction. The number is "gannet".
SELECT pg_advisory_xact_lock(113668126762356);

-- The table that says which migrations were applied. One of another program, as older schedulers had, is kept aside.
DO $$
BEGIN
  IF to_regclass('schema_migrations') IS NOT NULL
    AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('schema_migrations') AND attname = 'sha256' AND NOT attisdropped)
  THEN
    RAISE WARNING 'schema_migrations is of another program; it is kept as schema_migrations_before_gannet';
    ALTER TABLE schema_migrations RENAME TO schema_migrations_before_gannet;
  END IF;
END
$$;

CREATE TABLE IF NOT EXISTS schema_migrations (
  number integer PRIMARY KEY,
  name text NOT NULL,
  -- Of the migration's text.
  sha256 text NOT NULL,
  applied_at timestamptz NOT NULL
);
