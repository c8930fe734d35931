-- Schedules and profiles, as guide 002 prints them, but for the type of instants. What exists already is left alone: number 006 adopts it.
CREATE TABLE IF NOT EXISTS scan_profiles (
  profile_id UUID PRIMARY KEY,
  name VARCHAR(255) NOT NULL,
  scan_mode VARCHAR(50) NOT NULL DEFAULT 'quick',
  config JSONB NOT NULL DEFAULT '{}',
  created_by VARCHAR(255),
  created_at TIMESTAMPTZ DEFAULT NOW(),
  updated_at TIMESTAMPTZ DEFAULT NOW()
);

CREATE TABLE IF NOT EXISTS schedules (
  schedule_id UUID PRIMARY KEY,
  domain_config_id UUID NOT NULL,
  domain VARCHAR(255) NOT NULL,
  profile_id UUID REFERENCES scan_profiles (profile_id) ON DELETE SET NULL,
  frequency VARCHAR(50) NOT NULL,
  time_config JSONB NOT NULL,
  enabled BOOLEAN DEFAULT TRUE,
  next_run TIMESTAMPTZ,
  last_run TIMESTAMPTZ,
  last_status VARCHAR(50),
  created_at TIMESTAMPTZ DEFAULT NOW(),
  updated_at TIMESTAMPTZ DEFAULT NOW()
);
