-- Scans and their visits.

CREATE TABLE scans (
  id uuid NOT NULL PRIMARY KEY,
  url text NOT NULL,
  host text NOT NULL,
  status text NOT NULL CHECK (status IN ('running', 'success', 'partial', 'failed', 'cancelled')),
  reason text NOT NULL DEFAULT '',
  started_at timestamptz NOT NULL,
  ended_at timestamptz,
  visit_count bigint NOT NULL DEFAULT 0,
  cookie_count bigint NOT NULL DEFAULT 0,
  request_count bigint NOT NULL DEFAULT 0,
  gannet_version text NOT NULL,
  -- The process that runs it: name of a file in claims/, locked while that process lives.
  claim text,
  -- The record as JSON without its visits; absent where the scan ended without one. Text, because its seal is over these bytes.
  record text,
  record_schema bigint,
  CHECK ((status = 'running') = (claim IS NOT NULL)),
  CHECK ((status = 'running') = (ended_at IS NULL))
);

CREATE INDEX scans_started_at ON scans (started_at, id);
CREATE INDEX scans_host ON scans (host, started_at, id);
CREATE INDEX scans_running ON scans (claim) WHERE status = 'running';

CREATE TABLE scan_visits (
  scan_id uuid NOT NULL REFERENCES scans (id) ON DELETE CASCADE,
  -- Place of the state in the record, and of the visit in the state, from 0.
  state_index bigint NOT NULL,
  visit_index bigint NOT NULL,
  -- Names the file in visits/ that holds the visit as JSON. Compared byte by byte: ranges of it are asked for.
  sha256 text COLLATE "C" NOT NULL,
  size_bytes bigint NOT NULL,
  stored_bytes bigint NOT NULL,
  PRIMARY KEY (scan_id, state_index, visit_index)
);

CREATE INDEX scan_visits_sha256 ON scan_visits (sha256);
