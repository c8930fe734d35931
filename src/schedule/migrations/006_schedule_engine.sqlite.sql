-- What firing exactly once needs, and the history of runs.
CREATE TABLE schedule_executions (
  execution_id text PRIMARY KEY,
  schedule_id text,
  job_id text NOT NULL,
  domain text NOT NULL,
  domain_config_id text NOT NULL,
  status text NOT NULL,
  started_at integer NOT NULL,
  completed_at integer,
  duration_seconds real,
  scan_id text,
  error_message text,
  error_details text,
  metadata text,
  created_at integer DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000 AS integer) * 1000),
  organisation_id text NOT NULL DEFAULT 'c383e082-c957-5d44-8307-64f667cb0347',
  fire_at integer,
  fire_kind text,
  attempt integer NOT NULL DEFAULT 1,
  -- The names of guide 000.
  executed_at integer GENERATED ALWAYS AS (started_at),
  error text GENERATED ALWAYS AS (error_message)
);
CREATE INDEX schedule_executions_schedule ON schedule_executions (schedule_id, started_at);
CREATE INDEX schedule_executions_started ON schedule_executions (organisation_id, started_at);
CREATE INDEX schedule_executions_domain ON schedule_executions (domain, started_at);
CREATE INDEX schedule_executions_running ON schedule_executions (started_at) WHERE status = 'started';

ALTER TABLE schedules ADD COLUMN organisation_id text NOT NULL DEFAULT 'c383e082-c957-5d44-8307-64f667cb0347';
ALTER TABLE schedules ADD COLUMN name text;
ALTER TABLE schedules ADD COLUMN description text;
-- What somebody else calls the site, where that is no UUID; and the domain as it was sent.
ALTER TABLE schedules ADD COLUMN external_id text;
ALTER TABLE schedules ADD COLUMN domain_given text;
ALTER TABLE schedules ADD COLUMN start_url text;
-- Where one is absent, the program's setting holds.
ALTER TABLE schedules ADD COLUMN timezone text;
ALTER TABLE schedules ADD COLUMN misfire_policy text;
ALTER TABLE schedules ADD COLUMN misfire_grace_seconds integer;
ALTER TABLE schedules ADD COLUMN misfire_max integer;
ALTER TABLE schedules ADD COLUMN overlap_policy text;
ALTER TABLE schedules ADD COLUMN instances_max integer;
ALTER TABLE schedules ADD COLUMN timeout_seconds integer;
ALTER TABLE schedules ADD COLUMN attempts_max integer;
ALTER TABLE schedules ADD COLUMN jitter_seconds integer NOT NULL DEFAULT 0;
ALTER TABLE schedules ADD COLUMN priority integer NOT NULL DEFAULT 0;
ALTER TABLE schedules ADD COLUMN blackouts text NOT NULL DEFAULT '[]';
ALTER TABLE schedules ADD COLUMN paused_at integer;
ALTER TABLE schedules ADD COLUMN pause_reason text;
ALTER TABLE schedules ADD COLUMN created_by text;
-- Goes up with each edit.
ALTER TABLE schedules ADD COLUMN version integer NOT NULL DEFAULT 1;
-- All fires up to here are decided; it never goes back.
ALTER TABLE schedules ADD COLUMN cursor_at integer;
-- Somebody wrote the row without working out next_run: the engine does so within SCHEDULE_CHECK_INTERVAL.
ALTER TABLE schedules ADD COLUMN is_stale integer NOT NULL DEFAULT 1;
-- Why the row cannot fire as it is.
ALTER TABLE schedules ADD COLUMN spec_error text;
CREATE INDEX schedules_due ON schedules (next_run) WHERE enabled AND paused_at IS NULL AND NOT is_stale;
CREATE INDEX schedules_stale ON schedules (schedule_id) WHERE is_stale;
CREATE INDEX schedules_organisation ON schedules (organisation_id, created_at);
CREATE INDEX schedules_domain ON schedules (domain);
CREATE INDEX schedules_site ON schedules (domain_config_id);

-- One row for each due time that was decided on, whatever the decision. Not run: `skipped`, with the reason; a row with `from_at` stands for all
-- due times from there to fire_at. It is known by the last, so that one which begins with what was decided on before is not taken for a repetition.
CREATE TABLE fires (
  schedule_id text NOT NULL,
  fire_at integer NOT NULL,
  kind text NOT NULL CHECK (kind IN ('cron', 'manual', 'backfill')),
  state text NOT NULL CHECK (state IN ('queued', 'running', 'ended', 'skipped')),
  reason text,
  from_at integer,
  schedule_version integer NOT NULL,
  job_id text,
  organisation_id text NOT NULL,
  -- Of a fire that somebody asked for: who, and by which request, so that it is made once.
  created_by text,
  request_key text,
  created_at integer NOT NULL,
  PRIMARY KEY (schedule_id, fire_at, kind),
  CHECK (state <> 'skipped' OR reason IS NOT NULL),
  CHECK (state = 'skipped' OR job_id IS NOT NULL)
) WITHOUT ROWID;
CREATE INDEX fires_active ON fires (schedule_id) WHERE state IN ('queued', 'running');
CREATE UNIQUE INDEX fires_request ON fires (schedule_id, request_key) WHERE request_key IS NOT NULL;
CREATE INDEX fires_created_at ON fires (created_at);

-- What the engine as a whole remembers.
CREATE TABLE schedule_engine (
  name text PRIMARY KEY,
  value text NOT NULL
);

-- The program's own edits raise the version themselves.
CREATE TRIGGER schedules_changed AFTER UPDATE ON schedules FOR EACH ROW
  WHEN NEW.version = OLD.version AND NOT NEW.is_stale AND (
    NEW.frequency IS NOT OLD.frequency OR NEW.timezone IS NOT OLD.timezone OR NEW.enabled IS NOT OLD.enabled
    OR NEW.paused_at IS NOT OLD.paused_at OR NEW.time_config IS NOT OLD.time_config
    OR (NEW.next_run IS NOT OLD.next_run AND NEW.cursor_at IS OLD.cursor_at))
BEGIN
  UPDATE schedules SET version = OLD.version + 1, is_stale = 1,
    updated_at = CAST((julianday('now') - 2440587.5) * 86400000 AS integer) * 1000
  WHERE schedule_id = NEW.schedule_id;
END;

CREATE TRIGGER schedules_deleted AFTER DELETE ON schedules FOR EACH ROW
BEGIN
  UPDATE schedule_executions SET schedule_id = NULL WHERE schedule_id = OLD.schedule_id;
END;

-- The history as guide 002 has it; rows may be written through it.
CREATE VIEW job_executions AS
  SELECT execution_id, schedule_id, job_id, domain, domain_config_id, status, started_at, completed_at, duration_seconds, scan_id,
    error_message, error_details, metadata, created_at
  FROM schedule_executions;
CREATE TRIGGER job_executions_insert INSTEAD OF INSERT ON job_executions
BEGIN
  INSERT INTO schedule_executions (execution_id, schedule_id, job_id, domain, domain_config_id, status, started_at, completed_at,
    duration_seconds, scan_id, error_message, error_details, metadata, created_at)
  VALUES (NEW.execution_id, NEW.schedule_id, NEW.job_id, NEW.domain, NEW.domain_config_id, NEW.status, NEW.started_at, NEW.completed_at,
    NEW.duration_seconds, NEW.scan_id, NEW.error_message, NEW.error_details, NEW.metadata, coalesce(NEW.created_at, NEW.started_at));
END;
CREATE TRIGGER job_executions_update INSTEAD OF UPDATE ON job_executions
BEGIN
  UPDATE schedule_executions SET schedule_id = NEW.schedule_id, job_id = NEW.job_id, domain = NEW.domain,
    domain_config_id = NEW.domain_config_id, status = NEW.status, started_at = NEW.started_at, completed_at = NEW.completed_at,
    duration_seconds = NEW.duration_seconds, scan_id = NEW.scan_id, error_message = NEW.error_message,
    error_details = NEW.error_details, metadata = NEW.metadata
  WHERE execution_id = OLD.execution_id;
END;
CREATE TRIGGER job_executions_delete INSTEAD OF DELETE ON job_executions
BEGIN
  DELETE FROM schedule_executions WHERE execution_id = OLD.execution_id;
END;
