-- Staging: the table that a command writes into, as a role that can do nothing else. A worker has
-- no right to make tables or roles, so these functions do it with the owner's, and only for a task
-- that the calling machine leases under exactly that fence. Passwords arrive as SCRAM verifiers.

SET LOCAL ROLE mayfly_owner;

-- MF004: not this machine's lease. The adapter answers kConflict.
CREATE FUNCTION mayfly.open_staging(task bigint, under_fence bigint, names text[], types text[],
                                    verifier text,
                                    OUT schema_name text, OUT table_name text, OUT role_name text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  r record;
  columns text;
BEGIN
  SELECT t.run_id, t.machine_id, run.schema_name AS schema, run.reader_schema, run.writers,
         run.readers, run.deadline_at
    INTO r
    FROM mayfly.task t
    JOIN mayfly.machine m ON m.id = t.machine_id AND m.login = session_user
    JOIN mayfly.run ON run.id = t.run_id
    WHERE t.id = task AND t.fence = under_fence AND t.state = 'leased';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'task % is not leased to this machine under fence %', task, under_fence
      USING ERRCODE = 'MF004';
  END IF;
  IF verifier NOT LIKE 'SCRAM-SHA-256$%' THEN
    RAISE EXCEPTION 'a command''s password must arrive as a SCRAM verifier' USING ERRCODE = '22023';
  END IF;
  SELECT string_agg(format('%I %s', c.name, c.type::regtype), ', ' ORDER BY c.n) INTO columns
    FROM unnest(names, types) WITH ORDINALITY AS c (name, type, n);

  schema_name := r.schema;
  table_name := format('staging_%s_%s', task, under_fence);
  role_name := format('mayfly_c_%s_%s',
                      (SELECT oid FROM pg_database WHERE datname = current_database()), under_fence);
  INSERT INTO mayfly.staging (fence, run_id, task_id, machine_id, schema_name, table_name, role_name)
    VALUES (under_fence, r.run_id, task, r.machine_id, schema_name, table_name, role_name);
  EXECUTE format('CREATE TABLE %I.%I (%s) WITH (autovacuum_enabled = false)',
                 schema_name, table_name, columns);
  EXECUTE format('CREATE ROLE %I LOGIN PASSWORD %L VALID UNTIL %L', role_name, verifier,
                 r.deadline_at + interval '1 hour');
  EXECUTE format('GRANT %I TO mayfly_owner', role_name);
  EXECUTE format('GRANT %I TO %I', r.readers, role_name);
  EXECUTE format('ALTER ROLE %I IN DATABASE %I SET search_path = %I, %I, public', role_name,
                 current_database(), schema_name, r.reader_schema);
  EXECUTE format('GRANT SELECT, INSERT ON %I.%I TO %I', schema_name, table_name, role_name);
  EXECUTE format('GRANT SELECT ON %I.%I TO %I', schema_name, table_name, r.writers);
END $$;

-- The staging row of a role, if the caller's machine made it (or the caller is the owner).
CREATE FUNCTION mayfly.find_staging(role text) RETURNS mayfly.staging
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  s mayfly.staging;
BEGIN
  SELECT g.* INTO s FROM mayfly.staging g
    WHERE g.role_name = role
      AND (pg_has_role(session_user, 'mayfly_owner', 'MEMBER')
           OR EXISTS (SELECT FROM mayfly.machine m
                      WHERE m.id = g.machine_id AND m.login = session_user));
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no staging of this machine belongs to role %', role USING ERRCODE = 'MF004';
  END IF;
  RETURN s;
END $$;

-- First of two calls: after its commit nobody can log in as the role or insert anew.
CREATE FUNCTION mayfly.seal_staging(role text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  s mayfly.staging := mayfly.find_staging(role);
BEGIN
  EXECUTE format('ALTER ROLE %I NOLOGIN', s.role_name);
  EXECUTE format('REVOKE INSERT ON %I.%I FROM %I', s.schema_name, s.table_name, s.role_name);
  UPDATE mayfly.staging SET sealed_at = clock_timestamp() WHERE fence = s.fence;
END $$;

-- Second: ends what is still connected, and answers how many of them would not go in time.
CREATE FUNCTION mayfly.end_staging_backends(role text, wait_ms bigint) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  s mayfly.staging := mayfly.find_staging(role);
  alive int;
BEGIN
  -- Materialized: a function in WHERE could be called for the rows of other users first.
  WITH ours AS MATERIALIZED (
    SELECT a.pid FROM pg_stat_activity a WHERE a.usename = s.role_name)
  SELECT count(pg_terminate_backend(ours.pid, wait_ms)) INTO alive FROM ours;
  PERFORM pg_stat_clear_snapshot();
  SELECT count(*) INTO alive FROM pg_stat_activity a WHERE a.usename = s.role_name;
  RETURN alive;
END $$;

CREATE FUNCTION mayfly.drop_staging(role text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  s mayfly.staging := mayfly.find_staging(role);
BEGIN
  EXECUTE format('DROP TABLE IF EXISTS %I.%I', s.schema_name, s.table_name);
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = s.role_name) THEN
    EXECUTE format('DROP OWNED BY %I', s.role_name);
    EXECUTE format('DROP ROLE %I', s.role_name);
  END IF;
  DELETE FROM mayfly.staging WHERE fence = s.fence;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA mayfly FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mayfly.open_staging, mayfly.find_staging, mayfly.seal_staging,
  mayfly.end_staging_backends, mayfly.drop_staging TO mayfly_worker, mayfly_controller;
