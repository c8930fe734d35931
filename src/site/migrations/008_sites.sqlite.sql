-- Sites, and what profiles need beyond number 004.

CREATE TABLE sites (
  -- domain_config_id.
  id text NOT NULL,
  organisation_id text NOT NULL,
  -- What another system calls it where that is no UUID; empty otherwise.
  external_id text NOT NULL DEFAULT '',
  domain text NOT NULL,
  start_url text NOT NULL,
  created_at integer NOT NULL,
  updated_at integer NOT NULL,
  PRIMARY KEY (organisation_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sites_domain ON sites (organisation_id, domain);

ALTER TABLE scan_profiles ADD COLUMN organisation_id text NOT NULL DEFAULT 'c383e082-c957-5d44-8307-64f667cb0347';
ALTER TABLE scan_profiles ADD COLUMN version integer NOT NULL DEFAULT 1;
CREATE INDEX scan_profiles_organisation ON scan_profiles (organisation_id, name);
