-- What all other SQL of Gannet stands on. SQLite has these functions from the program.

-- The time that decides. Not volatile, so that an index can be searched by it: within one statement it is one moment. Tests set
-- gannet.now_for_test.
CREATE OR REPLACE FUNCTION gannet_now() RETURNS timestamptz LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  RETURN coalesce(CAST(nullif(current_setting('gannet.now_for_test', true), '') AS timestamptz), clock_timestamp());
END
$$;

CREATE OR REPLACE FUNCTION gannet_later(at timestamptz, by_ms bigint) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT at + by_ms * interval '1 millisecond' $$;

CREATE OR REPLACE FUNCTION gannet_elapsed_ms(from_at timestamptz, to_at timestamptz) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT CAST(trunc(extract(epoch FROM to_at - from_at) * 1000) AS bigint) $$;
