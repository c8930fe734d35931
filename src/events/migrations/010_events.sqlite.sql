-- The event log. There is one writer at a time, so ids become visible in order; xid is there for PostgreSQL. Instants are integer
-- microseconds since 1970.

CREATE TABLE events (
  xid integer NOT NULL DEFAULT 0,
  -- Never given twice, also not after the newest was deleted.
  id integer PRIMARY KEY AUTOINCREMENT,
  topic text NOT NULL,
  key text NOT NULL,
  organisation_id text,
  payload text NOT NULL,
  created_at integer NOT NULL
) STRICT;

CREATE INDEX events_created_at ON events (created_at);

-- How far each consumer has come.
CREATE TABLE event_cursors (
  consumer text NOT NULL PRIMARY KEY,
  xid integer NOT NULL,
  id integer NOT NULL,
  updated_at integer NOT NULL
) STRICT;
