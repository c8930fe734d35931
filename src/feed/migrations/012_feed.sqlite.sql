-- Which schedule each item of the feed became, and how the last sync went.

CREATE TABLE feed_items (
  organisation_id text NOT NULL,
  -- domain_config_id as the feed has it.
  item_id text NOT NULL,
  -- Of what the item said when it was last applied.
  sha256 text NOT NULL,
  -- No foreign key: one that was deleted here stays deleted until the item changes.
  schedule_id text NOT NULL,
  -- Syncs in a row without it.
  missing_count integer NOT NULL DEFAULT 0,
  -- Its schedule was disabled because it was missing.
  was_disabled integer NOT NULL DEFAULT 0 CHECK (was_disabled IN (0, 1)),
  seen_at integer NOT NULL,
  PRIMARY KEY (organisation_id, item_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE feed_state (
  organisation_id text NOT NULL PRIMARY KEY,
  etag text NOT NULL DEFAULT '',
  begun_at integer,
  succeeded_at integer,
  error text NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
