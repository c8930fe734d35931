-- Which schedule each item of the feed became, and how the last sync went.

CREATE TABLE feed_items (
  organisation_id uuid NOT NULL,
  -- domain_config_id as the feed has it.
  item_id text NOT NULL,
  -- Of what the item said when it was last applied.
  sha256 text NOT NULL,
  -- No foreign key: one that was deleted here stays deleted until the item changes.
  schedule_id uuid NOT NULL,
  -- Syncs in a row without it.
  missing_count integer NOT NULL DEFAULT 0,
  -- Its schedule was disabled because it was missing.
  was_disabled boolean NOT NULL DEFAULT false,
  seen_at timestamptz NOT NULL,
  PRIMARY KEY (organisation_id, item_id)
);

CREATE TABLE feed_state (
  organisation_id uuid PRIMARY KEY,
  etag text NOT NULL DEFAULT '',
  begun_at timestamptz,
  succeeded_at timestamptz,
  error text NOT NULL DEFAULT ''
);
