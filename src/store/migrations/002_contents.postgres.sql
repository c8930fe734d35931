-- What is kept beside a scan's record, in files named by their content: pictures and judgements.

CREATE TABLE scan_screenshots (
  scan_id uuid NOT NULL REFERENCES scans (id) ON DELETE CASCADE,
  -- Names the file in screenshots/ that holds the picture; the record says of which visit and phase it is.
  sha256 text COLLATE "C" NOT NULL,
  size_bytes bigint NOT NULL,
  stored_bytes bigint NOT NULL,
  PRIMARY KEY (scan_id, sha256)
);

CREATE INDEX scan_screenshots_sha256 ON scan_screenshots (sha256);

CREATE TABLE scan_judgements (
  scan_id uuid NOT NULL REFERENCES scans (id) ON DELETE CASCADE,
  -- From 1, in the order they were made.
  number bigint NOT NULL,
  judged_at timestamptz NOT NULL,
  -- Names the file in judgements/ that holds it as JSON.
  sha256 text COLLATE "C" NOT NULL,
  size_bytes bigint NOT NULL,
  stored_bytes bigint NOT NULL,
  PRIMARY KEY (scan_id, number)
);

CREATE INDEX scan_judgements_sha256 ON scan_judgements (sha256);
