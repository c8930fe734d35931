-- Sites, and what profiles need beyond number 004. Profiles of an older scheduler are adopted with their rows.

CREATE TABLE sites (
  -- domain_config_id.
  id uuid NOT NULL,
  organisation_id uuid NOT NULL,
  -- What another system calls it where that is no UUID; empty otherwise.
  external_id text NOT NULL DEFAULT '',
  domain text NOT NULL,
  start_url text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT gannet_now(),
  updated_at timestamptz NOT NULL DEFAULT gannet_now(),
  PRIMARY KEY (organisation_id, id)
);
CREATE INDEX sites_domain ON sites (organisation_id, domain);

ALTER TABLE scan_profiles
  ADD COLUMN IF NOT EXISTS name varchar(255) NOT NULL DEFAULT '',
  ADD COLUMN IF NOT EXISTS scan_mode varchar(50) NOT NULL DEFAULT 'quick',
  ADD COLUMN IF NOT EXISTS config jsonb NOT NULL DEFAULT '{}',
  ADD COLUMN IF NOT EXISTS created_by varchar(255),
  ADD COLUMN IF NOT EXISTS created_at timestamptz,
  ADD COLUMN IF NOT EXISTS updated_at timestamptz,
  ADD COLUMN IF NOT EXISTS organisation_id uuid NOT NULL DEFAULT 'c383e082-c957-5d44-8307-64f667cb0347',
  ADD COLUMN IF NOT EXISTS version bigint NOT NULL DEFAULT 1;
CREATE INDEX scan_profiles_organisation ON scan_profiles (organisation_id, name);
