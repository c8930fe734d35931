-- What kind of scan a schedule runs, and its parameters: guide 000. Runs by itself on a database made by the DDL of guide 002.
ALTER TABLE schedules ADD COLUMN IF NOT EXISTS scan_type VARCHAR(50) NOT NULL DEFAULT 'quick';
ALTER TABLE schedules ADD COLUMN IF NOT EXISTS scan_params JSONB DEFAULT '{}';
ALTER TABLE schedules DROP CONSTRAINT IF EXISTS schedules_scan_type_check;
ALTER TABLE schedules ADD CONSTRAINT schedules_scan_type_check CHECK (scan_type IN ('quick', 'deep'));
