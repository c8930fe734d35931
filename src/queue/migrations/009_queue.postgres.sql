-- Durable jobs. `jobs` holds what is to be done or being done and stays small; what has ended moves to `job_history` in the statement
-- that ends it. A job is claimed while it has a token; every later write names it.

CREATE SEQUENCE job_tokens;

-- One row a worker: who is alive. Renewed by its heartbeat; no index on what changes, so that the row is updated in place.
CREATE TABLE job_workers (
  id uuid PRIMARY KEY,
  description text NOT NULL,
  lease_until timestamptz NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

CREATE TABLE jobs (
  id uuid PRIMARY KEY,
  queue text NOT NULL,
  kind text NOT NULL,
  payload jsonb NOT NULL,
  organisation_id uuid,
  -- The lowest goes first.
  priority integer NOT NULL,
  run_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  -- Of the jobs of a queue that have not ended, one has it.
  unique_key text,
  -- Of the jobs with this key, at most so many are claimed at once.
  concurrency_key text,
  concurrency_limit integer NOT NULL,
  attempt integer NOT NULL DEFAULT 0,
  attempts_max integer NOT NULL,
  timeout_ms bigint NOT NULL,
  token bigint,
  worker_id uuid,
  started_at timestamptz,
  cancel_reason text,
  progress jsonb,
  -- Of the last attempt.
  error text,
  CHECK ((token IS NULL) = (worker_id IS NULL))
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

CREATE INDEX jobs_ready ON jobs (queue, priority, run_at, id) WHERE token IS NULL;
CREATE INDEX jobs_claimed ON jobs (worker_id) WHERE worker_id IS NOT NULL;
CREATE INDEX jobs_concurrent ON jobs (concurrency_key) WHERE token IS NOT NULL AND concurrency_key IS NOT NULL;
CREATE UNIQUE INDEX jobs_unique ON jobs (queue, unique_key) WHERE unique_key IS NOT NULL;

CREATE TABLE job_history (
  id uuid PRIMARY KEY,
  queue text NOT NULL,
  kind text NOT NULL,
  payload jsonb NOT NULL,
  organisation_id uuid,
  priority integer NOT NULL,
  created_at timestamptz NOT NULL,
  unique_key text,
  concurrency_key text,
  concurrency_limit integer NOT NULL,
  attempt integer NOT NULL,
  attempts_max integer NOT NULL,
  timeout_ms bigint NOT NULL,
  started_at timestamptz,
  finished_at timestamptz NOT NULL,
  -- Failed: all attempts are spent, or another would be no use. A dead letter, until somebody redrives or deletes it.
  state text NOT NULL CHECK (state IN ('succeeded', 'failed', 'cancelled')),
  progress jsonb,
  error text
);

-- In the order of time on disk as well, so that a summary of each block does.
CREATE INDEX job_history_finished_at ON job_history USING brin (finished_at);
CREATE INDEX job_history_failed ON job_history (queue, finished_at) WHERE state = 'failed';

CREATE TABLE job_logs (
  job_id uuid NOT NULL,
  attempt integer NOT NULL,
  number integer NOT NULL,
  at timestamptz NOT NULL,
  line text NOT NULL,
  PRIMARY KEY (job_id, attempt, number)
);
