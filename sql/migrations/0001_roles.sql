-- Who may do what. Four group roles without login: owner (owns the ledger and every run's schema,
-- makes the roles of runs, machines and commands), controller, worker, reader. Roles belong to the
-- whole cluster, so they may be there already, made by another database's ledger.
--
-- Runs as the user that the database reference names. It needs CREATEROLE, or an administrator who
-- made the four roles and granted them; and CREATE on the database, with the right to pass it on.

DO $$
DECLARE
  role text;
BEGIN
  FOREACH role IN ARRAY ARRAY['mayfly_owner', 'mayfly_controller', 'mayfly_worker', 'mayfly_reader']
  LOOP
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN %s', role,
                       CASE role WHEN 'mayfly_owner' THEN 'CREATEROLE' ELSE '' END);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;  -- another starter was faster
      END;
    END IF;
    IF NOT pg_catalog.pg_has_role(session_user, role, 'MEMBER') THEN
      EXECUTE format('GRANT %I TO %I', role, session_user);
    END IF;
  END LOOP;
  IF NOT has_database_privilege('mayfly_owner', current_database(), 'CREATE') THEN
    EXECUTE format('GRANT CREATE ON DATABASE %I TO mayfly_owner', current_database());
  END IF;
END $$;

ALTER SCHEMA mayfly OWNER TO mayfly_owner;
ALTER TABLE mayfly.schema_version OWNER TO mayfly_owner;
