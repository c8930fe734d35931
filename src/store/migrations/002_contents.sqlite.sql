-- What is kept beside a scan's record, in files named by their content: pictures and judgements.

CREATE TABLE scan_screenshots (
  scan_id text NOT NULL REFERENCES scans (id) ON DELETE CASCADE,
  -- Names the file in screenshots/ that holds the picture; the record says of which visit and phase it is.
  sha256 text NOT NULL,
  size_bytes integer NOT NULL,
  stored_bytes integer NOT NULL,
  PRIMARY KEY (scan_id, sha256)
) STRICT, WITHOUT ROWID;

CREATE INDEX scan_screenshots_sha256 ON scan_screenshots (sha256);

CREATE TABLE scan_judgements (
  scan_id text NOT NULL REFERENCES scans (id) ON DELETE CASCADE,
  -- From 1, in the order they were made.
  number integer NOT NULL,
  judged_at integer NOT NULL,
  -- Names the file in judgements/ that holds it as JSON.
  sha256 text NOT NULL,
  size_bytes integer NOT NULL,
  stored_bytes integer NOT NULL,
  PRIMARY KEY (scan_id, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX scan_judgements_sha256 ON scan_judgements (sha256);
