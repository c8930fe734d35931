-- Scans and their visits. Instants are integer microseconds since 1970, UUIDs are text.

CREATE TABLE scans (
  id text NOT NULL PRIMARY KEY,
  url text NOT NULL,
  host text NOT NULL,
  status text NOT NULL CHECK (status IN ('running', 'success', 'partial', 'failed', 'cancelled')),
  reason text NOT NULL DEFAULT '',
  started_at integer NOT NULL,
  ended_at integer,
  visit_count integer NOT NULL DEFAULT 0,
  cookie_count integer NOT NULL DEFAULT 0,
  request_count integer NOT NULL DEFAULT 0,
  gannet_version text NOT NULL,
  -- The process that runs it: name of a file in claims/, locked while that process lives.
  claim text,
  -- The record as JSON without its visits; absent where the scan ended without one.
  record text,
  record_schema integer,
  CHECK ((status = 'running') = (claim IS NOT NULL)),
  CHECK ((status = 'running') = (ended_at IS NULL))
) STRICT;

CREATE INDEX scans_started_at ON scans (started_at, id);
CREATE INDEX scans_host ON scans (host, started_at, id);
CREATE INDEX scans_running ON scans (claim) WHERE status = 'running';

CREATE TABLE scan_visits (
  scan_id text NOT NULL REFERENCES scans (id) ON DELETE CASCADE,
  -- Place of the state in the record, and of the visit in the state, from 0.
  state_index integer NOT NULL,
  visit_index integer NOT NULL,
  -- Names the file in visits/ that holds the visit as JSON.
  sha256 text NOT NULL,
  size_bytes integer NOT NULL,
  stored_bytes integer NOT NULL,
  PRIMARY KEY (scan_id, state_index, visit_index)
) STRICT, WITHOUT ROWID;

CREATE INDEX scan_visits_sha256 ON scan_visits (sha256);
