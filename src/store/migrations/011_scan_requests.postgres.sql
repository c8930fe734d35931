-- The scans that the service was asked for. What they saw is in `scans`, under the same id, once they have ended.

CREATE TABLE scan_requests (
  -- Also the id of its job.
  scan_id uuid PRIMARY KEY,
  organisation_id uuid NOT NULL,
  domain_config_id uuid NOT NULL,
  domain varchar(255) NOT NULL,
  start_url text NOT NULL,
  scan_type varchar(20) NOT NULL CHECK (scan_type IN ('quick', 'deep')),
  params jsonb NOT NULL,
  profile_id uuid,
  schedule_id uuid,
  requested_by text NOT NULL,
  status varchar(20) NOT NULL CHECK (status IN ('pending', 'running', 'success', 'partial', 'failed', 'cancelled')),
  reason text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL,
  -- Of the first attempt.
  started_at timestamptz,
  ended_at timestamptz,
  CHECK ((ended_at IS NULL) = (status IN ('pending', 'running')))
);

CREATE INDEX scan_requests_newest ON scan_requests (organisation_id, created_at, scan_id);
CREATE INDEX scan_requests_schedule ON scan_requests (schedule_id, created_at) WHERE schedule_id IS NOT NULL;
CREATE INDEX scan_requests_ended ON scan_requests (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX scan_requests_open ON scan_requests (created_at) WHERE ended_at IS NULL;
