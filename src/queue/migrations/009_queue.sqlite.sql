-- Durable jobs. `jobs` holds what is to be done or being done and stays small; what has ended moves to `job_history` in the statement
-- that ends it. A job is claimed while it has a token; every later write names it. Instants are integer microseconds since 1970.

CREATE TABLE job_tokens (last integer NOT NULL) STRICT;
INSERT INTO job_tokens VALUES (0);

-- One row a worker: who is alive. Renewed by its heartbeat.
CREATE TABLE job_workers (
  id text NOT NULL PRIMARY KEY,
  description text NOT NULL,
  lease_until integer NOT NULL
) STRICT;

CREATE TABLE jobs (
  id text NOT NULL PRIMARY KEY,
  queue text NOT NULL,
  kind text NOT NULL,
  payload text NOT NULL,
  organisation_id text,
  -- The lowest goes first.
  priority integer NOT NULL,
  run_at integer NOT NULL,
  created_at integer NOT NULL,
  -- Of the jobs of a queue that have not ended, one has it.
  unique_key text,
  -- Of the jobs with this key, at most so many are claimed at once.
  concurrency_key text,
  concurrency_limit integer NOT NULL,
  attempt integer NOT NULL DEFAULT 0,
  attempts_max integer NOT NULL,
  timeout_ms integer NOT NULL,
  token integer,
  worker_id text,
  started_at integer,
  cancel_reason text,
  progress text,
  -- Of the last attempt.
  error text,
  CHECK ((token IS NULL) = (worker_id IS NULL))
) STRICT;

CREATE INDEX jobs_ready ON jobs (queue, priority, run_at, id) WHERE token IS NULL;
CREATE INDEX jobs_claimed ON jobs (worker_id) WHERE worker_id IS NOT NULL;
CREATE INDEX jobs_concurrent ON jobs (concurrency_key) WHERE token IS NOT NULL AND concurrency_key IS NOT NULL;
CREATE UNIQUE INDEX jobs_unique ON jobs (queue, unique_key) WHERE unique_key IS NOT NULL;

CREATE TABLE job_history (
  id text NOT NULL PRIMARY KEY,
  queue text NOT NULL,
  kind text NOT NULL,
  payload text NOT NULL,
  organisation_id text,
  priority integer NOT NULL,
  created_at integer NOT NULL,
  unique_key text,
  concurrency_key text,
  concurrency_limit integer NOT NULL,
  attempt integer NOT NULL,
  attempts_max integer NOT NULL,
  timeout_ms integer NOT NULL,
  started_at integer,
  finished_at integer NOT NULL,
  -- Failed: all attempts are spent, or another would be no use. A dead letter, until somebody redrives or deletes it.
  state text NOT NULL CHECK (state IN ('succeeded', 'failed', 'cancelled')),
  progress text,
  error text
) STRICT;

CREATE INDEX job_history_finished_at ON job_history (finished_at);
CREATE INDEX job_history_failed ON job_history (queue, finished_at) WHERE state = 'failed';

CREATE TABLE job_logs (
  job_id text NOT NULL,
  attempt integer NOT NULL,
  number integer NOT NULL,
  at integer NOT NULL,
  line text NOT NULL,
  PRIMARY KEY (job_id, attempt, number)
) STRICT;
