-- Who may use this installation, and what they did.

CREATE TABLE organisations (
  id text NOT NULL PRIMARY KEY,
  name text NOT NULL,
  -- What another system calls it; empty for none.
  external_id text NOT NULL DEFAULT '',
  enabled integer NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
  created_at integer NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO organisations (id, name, created_at) VALUES ('c383e082-c957-5d44-8307-64f667cb0347', 'default', gannet_now());

CREATE TABLE users (
  id text NOT NULL PRIMARY KEY,
  organisation_id text NOT NULL REFERENCES organisations (id),
  -- In lower case.
  email text NOT NULL UNIQUE,
  name text NOT NULL DEFAULT '',
  role text NOT NULL CHECK (role IN ('admin', 'user', 'viewer')),
  -- argon2id with its salt and cost.
  password_hash text NOT NULL,
  must_change_password integer NOT NULL DEFAULT 0 CHECK (must_change_password IN (0, 1)),
  enabled integer NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
  created_at integer NOT NULL,
  last_login_at integer
) STRICT, WITHOUT ROWID;
CREATE INDEX users_organisation ON users (organisation_id, email);

-- One row for each address that was tried in vain, known or not.
CREATE TABLE login_attempts (
  -- SHA-256 of the address.
  account text NOT NULL PRIMARY KEY,
  -- The latest tries without success, oldest first: microseconds since 1970, separated by spaces.
  failed_at text NOT NULL DEFAULT '',
  touched_at integer NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX login_attempts_touched ON login_attempts (touched_at);

CREATE TABLE login_sessions (
  id text NOT NULL PRIMARY KEY,
  user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at integer NOT NULL,
  -- Moves with each refresh; never beyond what the session may last.
  expires_at integer NOT NULL,
  ends_at integer NOT NULL,
  revoked_at integer,
  ip text NOT NULL DEFAULT '',
  user_agent text NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX login_sessions_user ON login_sessions (user_id);
CREATE INDEX login_sessions_expiry ON login_sessions (expires_at);

-- All refresh tokens of a login session, so that one which is used a second time is known.
CREATE TABLE refresh_tokens (
  -- SHA-256 of the token.
  token text NOT NULL PRIMARY KEY,
  session_id text NOT NULL REFERENCES login_sessions (id) ON DELETE CASCADE,
  created_at integer NOT NULL,
  spent_at integer
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);

CREATE TABLE api_keys (
  id text NOT NULL PRIMARY KEY,
  organisation_id text NOT NULL REFERENCES organisations (id),
  -- Who made it; nobody for the command line.
  user_id text REFERENCES users (id) ON DELETE CASCADE,
  name text NOT NULL,
  prefix text NOT NULL,
  -- SHA-256 of the key.
  key_hash text NOT NULL UNIQUE,
  -- Separated by spaces.
  scopes text NOT NULL,
  -- Requests a minute.
  rate_limit integer NOT NULL CHECK (rate_limit BETWEEN 1 AND 10000),
  enabled integer NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
  created_at integer NOT NULL,
  expires_at integer,
  last_used_at integer,
  revoked_at integer
) STRICT, WITHOUT ROWID;
CREATE INDEX api_keys_organisation ON api_keys (organisation_id, created_at, id);
CREATE INDEX api_keys_user ON api_keys (user_id);

-- No foreign keys: what was done stays, whoever is gone.
CREATE TABLE audit_logs (
  id integer PRIMARY KEY AUTOINCREMENT,
  created_at integer NOT NULL,
  organisation_id text NOT NULL,
  action text NOT NULL,
  resource_type text NOT NULL,
  resource_id text NOT NULL,
  user_id text,
  api_key_id text,
  actor text NOT NULL,
  ip_address text NOT NULL,
  user_agent text NOT NULL,
  request_id text NOT NULL,
  status text NOT NULL CHECK (status IN ('success', 'failure', 'denied')),
  details text NOT NULL
) STRICT;
CREATE INDEX audit_logs_organisation ON audit_logs (organisation_id, id);
CREATE INDEX audit_logs_created_at ON audit_logs (created_at);

CREATE TRIGGER audit_logs_unchanged BEFORE UPDATE ON audit_logs BEGIN
  SELECT RAISE(ABORT, 'audit_logs is append-only: entries are never changed');
END;
CREATE TRIGGER audit_logs_kept BEFORE DELETE ON audit_logs WHEN gannet_elapsed_ms(OLD.created_at, gannet_now()) < 2592000000 BEGIN
  SELECT RAISE(ABORT, 'audit_logs is append-only: entries are kept for 30 days at least');
END;
