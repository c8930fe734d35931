-- Answers that are given again to a request which is repeated under the same Idempotency-Key.
CREATE TABLE api_replies (
  organisation_id uuid NOT NULL,
  caller text NOT NULL,
  request_key text NOT NULL,
  fingerprint text NOT NULL,
  created_at timestamptz NOT NULL,
  status integer NOT NULL DEFAULT 0,
  body text NOT NULL DEFAULT '',
  location text NOT NULL DEFAULT '',
  etag text NOT NULL DEFAULT '',
  PRIMARY KEY (organisation_id, caller, request_key)
);
CREATE INDEX api_replies_created_at ON api_replies (created_at);
