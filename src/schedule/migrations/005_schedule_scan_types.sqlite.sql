-- What kind of scan a schedule runs, and its parameters: guide 000.
ALTER TABLE schedules ADD COLUMN scan_type text NOT NULL DEFAULT 'quick' CHECK (scan_type IN ('quick', 'deep'));
ALTER TABLE schedules ADD COLUMN scan_params text DEFAULT '{}';
