-- What firing exactly once needs, and the history of runs. May run again at any time: it also makes whole what a restored backup of
-- `schedules` and `schedule_executions` lacks. A database made by the guides' own DDL is adopted with its rows.

-- The history of guide 002 becomes the one table of both guides.
DO $$
DECLARE
  found record;
BEGIN
  IF EXISTS (SELECT FROM pg_class WHERE oid = to_regclass('job_executions') AND relkind = 'r') THEN
    IF to_regclass('schedule_executions') IS NOT NULL THEN
      RAISE EXCEPTION 'both job_executions and schedule_executions are tables; rename the one that is not to be kept as history';
    END IF;
    ALTER TABLE job_executions RENAME TO schedule_executions;
  END IF;
  IF EXISTS (SELECT FROM pg_class WHERE oid = to_regclass('job_executions') AND relkind = 'v') THEN
    DROP VIEW job_executions;
  END IF;
  -- History outlives its schedule, and a backup restores it before the schedules: no foreign key.
  FOR found IN SELECT conname FROM pg_constraint WHERE conrelid = to_regclass('schedule_executions') AND contype = 'f' LOOP
    EXECUTE format('ALTER TABLE schedule_executions DROP CONSTRAINT %I', found.conname);
  END LOOP;
  -- Instants without a zone were written in UTC.
  FOR found IN SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = current_schema() AND table_name IN ('schedules', 'schedule_executions', 'scan_profiles')
      AND data_type = 'timestamp without time zone' LOOP
    EXECUTE format('ALTER TABLE %I ALTER COLUMN %I TYPE timestamptz USING %I AT TIME ZONE ''UTC''', found.table_name, found.column_name,
                   found.column_name);
  END LOOP;
END
$$;

CREATE TABLE IF NOT EXISTS schedule_executions (
  execution_id UUID PRIMARY KEY,
  schedule_id UUID,
  job_id VARCHAR(255) NOT NULL,
  domain VARCHAR(255) NOT NULL,
  domain_config_id UUID NOT NULL,
  status VARCHAR(50) NOT NULL,
  started_at TIMESTAMPTZ NOT NULL,
  completed_at TIMESTAMPTZ,
  duration_seconds FLOAT,
  scan_id UUID,
  error_message TEXT,
  error_details JSONB,
  metadata JSONB,
  created_at TIMESTAMPTZ DEFAULT NOW()
);
ALTER TABLE schedule_executions
  ADD COLUMN IF NOT EXISTS organisation_id UUID NOT NULL DEFAULT 'c383e082-c957-5d44-8307-64f667cb0347',
  ADD COLUMN IF NOT EXISTS fire_at TIMESTAMPTZ,
  ADD COLUMN IF NOT EXISTS fire_kind VARCHAR(50),
  ADD COLUMN IF NOT EXISTS attempt INTEGER NOT NULL DEFAULT 1,
  -- The names of guide 000.
  ADD COLUMN IF NOT EXISTS executed_at TIMESTAMPTZ GENERATED ALWAYS AS (started_at) STORED,
  ADD COLUMN IF NOT EXISTS error TEXT GENERATED ALWAYS AS (error_message) STORED;
CREATE INDEX IF NOT EXISTS schedule_executions_schedule ON schedule_executions (schedule_id, started_at);
CREATE INDEX IF NOT EXISTS schedule_executions_started ON schedule_executions (organisation_id, started_at);
CREATE INDEX IF NOT EXISTS schedule_executions_domain ON schedule_executions (domain, started_at);
CREATE INDEX IF NOT EXISTS schedule_executions_running ON schedule_executions (started_at) WHERE status = 'started';

UPDATE schedules SET enabled = true WHERE enabled IS NULL;
ALTER TABLE schedules
  ALTER COLUMN enabled SET NOT NULL,
  ADD COLUMN IF NOT EXISTS organisation_id UUID NOT NULL DEFAULT 'c383e082-c957-5d44-8307-64f667cb0347',
  ADD COLUMN IF NOT EXISTS name TEXT,
  ADD COLUMN IF NOT EXISTS description TEXT,
  -- What somebody else calls the site, where that is no UUID; and the domain as it was sent.
  ADD COLUMN IF NOT EXISTS external_id TEXT,
  ADD COLUMN IF NOT EXISTS domain_given TEXT,
  ADD COLUMN IF NOT EXISTS start_url TEXT,
  -- Where one is absent, the program's setting holds.
  ADD COLUMN IF NOT EXISTS timezone TEXT,
  ADD COLUMN IF NOT EXISTS misfire_policy TEXT,
  ADD COLUMN IF NOT EXISTS misfire_grace_seconds BIGINT,
  ADD COLUMN IF NOT EXISTS misfire_max BIGINT,
  ADD COLUMN IF NOT EXISTS overlap_policy TEXT,
  ADD COLUMN IF NOT EXISTS instances_max BIGINT,
  ADD COLUMN IF NOT EXISTS timeout_seconds BIGINT,
  ADD COLUMN IF NOT EXISTS attempts_max BIGINT,
  ADD COLUMN IF NOT EXISTS jitter_seconds BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS priority BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS blackouts JSONB NOT NULL DEFAULT '[]',
  ADD COLUMN IF NOT EXISTS paused_at TIMESTAMPTZ,
  ADD COLUMN IF NOT EXISTS pause_reason TEXT,
  ADD COLUMN IF NOT EXISTS created_by TEXT,
  -- Goes up with each edit.
  ADD COLUMN IF NOT EXISTS version BIGINT NOT NULL DEFAULT 1,
  -- All fires up to here are decided; it never goes back.
  ADD COLUMN IF NOT EXISTS cursor_at TIMESTAMPTZ,
  -- Somebody wrote the row without working out next_run: the engine does so within SCHEDULE_CHECK_INTERVAL.
  ADD COLUMN IF NOT EXISTS is_stale BOOLEAN NOT NULL DEFAULT true,
  -- Why the row cannot fire as it is.
  ADD COLUMN IF NOT EXISTS spec_error TEXT;
CREATE INDEX IF NOT EXISTS schedules_due ON schedules (next_run) WHERE enabled AND paused_at IS NULL AND NOT is_stale;
CREATE INDEX IF NOT EXISTS schedules_stale ON schedules (schedule_id) WHERE is_stale;
CREATE INDEX IF NOT EXISTS schedules_organisation ON schedules (organisation_id, created_at);
CREATE INDEX IF NOT EXISTS schedules_domain ON schedules (domain);
CREATE INDEX IF NOT EXISTS schedules_site ON schedules (domain_config_id);

-- One row for each due time that was decided on, whatever the decision. Not run: `skipped`, with the reason; a row with `from_at` stands for all
-- due times from there to fire_at. It is known by the last, so that one which begins with what was decided on before is not taken for a repetition.
CREATE TABLE IF NOT EXISTS fires (
  schedule_id UUID NOT NULL,
  fire_at TIMESTAMPTZ NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('cron', 'manual', 'backfill')),
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'ended', 'skipped')),
  reason TEXT,
  from_at TIMESTAMPTZ,
  schedule_version BIGINT NOT NULL,
  job_id UUID,
  organisation_id UUID NOT NULL,
  -- Of a fire that somebody asked for: who, and by which request, so that it is made once.
  created_by TEXT,
  request_key TEXT,
  created_at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (schedule_id, fire_at, kind),
  CHECK (state <> 'skipped' OR reason IS NOT NULL),
  CHECK (state = 'skipped' OR job_id IS NOT NULL)
) WITH (fillfactor = 90);
CREATE INDEX IF NOT EXISTS fires_active ON fires (schedule_id) WHERE state IN ('queued', 'running');
CREATE UNIQUE INDEX IF NOT EXISTS fires_request ON fires (schedule_id, request_key) WHERE request_key IS NOT NULL;
CREATE INDEX IF NOT EXISTS fires_created_at ON fires USING brin (created_at);

-- What the engine as a whole remembers.
CREATE TABLE IF NOT EXISTS schedule_engine (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

CREATE OR REPLACE FUNCTION gannet_schedule_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.version := OLD.version + 1;
  NEW.is_stale := true;
  NEW.updated_at := now();
  RETURN NEW;
END
$$;
DROP TRIGGER IF EXISTS schedules_changed ON schedules;
-- The program's own edits raise the version themselves.
CREATE TRIGGER schedules_changed BEFORE UPDATE ON schedules FOR EACH ROW
  WHEN (NEW.version = OLD.version AND NOT NEW.is_stale AND (
    (NEW.frequency, NEW.timezone, NEW.enabled, NEW.paused_at) IS DISTINCT FROM (OLD.frequency, OLD.timezone, OLD.enabled, OLD.paused_at)
    OR NEW.time_config IS DISTINCT FROM OLD.time_config
    OR (NEW.next_run IS DISTINCT FROM OLD.next_run AND NEW.cursor_at IS NOT DISTINCT FROM OLD.cursor_at)))
  EXECUTE FUNCTION gannet_schedule_changed();

CREATE OR REPLACE FUNCTION gannet_schedule_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE schedule_executions SET schedule_id = NULL WHERE schedule_id = OLD.schedule_id;
  RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS schedules_deleted ON schedules;
CREATE TRIGGER schedules_deleted AFTER DELETE ON schedules FOR EACH ROW EXECUTE FUNCTION gannet_schedule_deleted();

-- The history as guide 002 has it; rows may be written through it.
CREATE OR REPLACE VIEW job_executions AS
  SELECT execution_id, schedule_id, job_id, domain, domain_config_id, status, started_at, completed_at, duration_seconds, scan_id,
    error_message, error_details, metadata, created_at
  FROM schedule_executions;
