-- Schedules and profiles, with the columns of guide 002.
CREATE TABLE scan_profiles (
  profile_id text PRIMARY KEY,
  name text NOT NULL,
  scan_mode text NOT NULL DEFAULT 'quick',
  config text NOT NULL DEFAULT '{}',
  created_by text,
  created_at integer DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000 AS integer) * 1000),
  updated_at integer DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000 AS integer) * 1000)
);

CREATE TABLE schedules (
  schedule_id text PRIMARY KEY,
  domain_config_id text NOT NULL,
  domain text NOT NULL,
  profile_id text REFERENCES scan_profiles (profile_id) ON DELETE SET NULL,
  frequency text NOT NULL,
  time_config text NOT NULL,
  enabled integer NOT NULL DEFAULT 1,
  next_run integer,
  last_run integer,
  last_status text,
  created_at integer DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000 AS integer) * 1000),
  updated_at integer DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000 AS integer) * 1000)
);
