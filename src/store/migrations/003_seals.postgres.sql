-- What proves that a scan's evidence is as it was when the scan ended.

CREATE TABLE scan_seals (
  scan_id uuid PRIMARY KEY REFERENCES scans (id) ON DELETE CASCADE,
  -- The seal as JSON (see evidence/seal.hpp): names and hashes of the parts, and the signature. Text, to stay as it was written.
  seal text NOT NULL
);
