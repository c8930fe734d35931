-- What proves that a scan's evidence is as it was when the scan ended.

CREATE TABLE scan_seals (
  scan_id text PRIMARY KEY REFERENCES scans (id) ON DELETE CASCADE,
  -- The seal as JSON (see evidence/seal.hpp): names and hashes of the parts, and the signature.
  seal text NOT NULL
) STRICT, WITHOUT ROWID;
