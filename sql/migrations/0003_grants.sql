-- The controller writes the ledger, the reader reads it, and a worker sees and changes only what
-- its own machine works on: column by column, and row by row (row-level security on the login).
-- DDL is the owner's: nobody else may create, alter or drop anything.

SET LOCAL ROLE mayfly_owner;

REVOKE ALL ON SCHEMA mayfly FROM PUBLIC;
GRANT USAGE ON SCHEMA mayfly TO mayfly_controller, mayfly_worker, mayfly_reader;

GRANT SELECT ON ALL TABLES IN SCHEMA mayfly TO mayfly_controller, mayfly_reader;
GRANT INSERT ON mayfly.machine, mayfly.attempt, mayfly.event, mayfly.log TO mayfly_controller;
GRANT UPDATE ON mayfly.run, mayfly.stage, mayfly.task, mayfly.machine TO mayfly_controller;
GRANT USAGE ON SEQUENCE mayfly.fence, mayfly.machine_id_seq TO mayfly_controller;

GRANT SELECT (id, phase, state, schema_name, reader_schema, slot_memory_bytes, deadline_at)
  ON mayfly.run TO mayfly_worker;
GRANT SELECT ON mayfly.plan, mayfly.stage, mayfly.need, mayfly.task, mayfly.leaf, mayfly.machine,
  mayfly.attempt, mayfly.finding TO mayfly_worker;
GRANT UPDATE (state, missing, failures, setbacks, attempts, slot, backend_pid, fence, machine_id,
  backend_start, leased_at, done_at, rows, last_error) ON mayfly.task TO mayfly_worker;
GRANT UPDATE (rows, storage, accepted_fence) ON mayfly.leaf TO mayfly_worker;
GRANT UPDATE (state, reason, born_at, heartbeat_at, noticed_at, taken_at, ending_at)
  ON mayfly.machine TO mayfly_worker;
GRANT INSERT ON mayfly.attempt, mayfly.event, mayfly.log TO mayfly_worker;
GRANT INSERT, DELETE ON mayfly.finding TO mayfly_worker;
GRANT USAGE ON SEQUENCE mayfly.fence TO mayfly_worker;

-- Everybody but a worker sees every row that the grants above let it see.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['run', 'plan', 'stage', 'task', 'need', 'leaf', 'machine', 'attempt',
                              'event', 'log', 'finding']
  LOOP
    EXECUTE format('ALTER TABLE mayfly.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY staff ON mayfly.%I TO mayfly_controller, mayfly_reader '
                   'USING (true) WITH CHECK (true)', name);
  END LOOP;
END $$;

-- A machine's login names its row, its row names its run. Each subquery runs once a statement.
CREATE POLICY own ON mayfly.machine TO mayfly_worker USING (login = current_user);
CREATE POLICY own ON mayfly.run FOR SELECT TO mayfly_worker
  USING (id = (SELECT m.run_id FROM mayfly.machine m WHERE m.login = current_user));
CREATE POLICY own ON mayfly.plan FOR SELECT TO mayfly_worker
  USING (run_id = (SELECT m.run_id FROM mayfly.machine m WHERE m.login = current_user));
CREATE POLICY own ON mayfly.stage FOR SELECT TO mayfly_worker
  USING (run_id = (SELECT m.run_id FROM mayfly.machine m WHERE m.login = current_user));
CREATE POLICY own ON mayfly.need FOR SELECT TO mayfly_worker
  USING (run_id = (SELECT m.run_id FROM mayfly.machine m WHERE m.login = current_user));
CREATE POLICY own ON mayfly.leaf TO mayfly_worker
  USING (run_id = (SELECT m.run_id FROM mayfly.machine m WHERE m.login = current_user));
CREATE POLICY own ON mayfly.finding TO mayfly_worker
  USING (run_id = (SELECT m.run_id FROM mayfly.machine m WHERE m.login = current_user));
CREATE POLICY own ON mayfly.task FOR SELECT TO mayfly_worker
  USING (run_id = (SELECT m.run_id FROM mayfly.machine m WHERE m.login = current_user));
-- I1, once more: what another machine leases, this one cannot touch.
CREATE POLICY own_lease ON mayfly.task FOR UPDATE TO mayfly_worker
  USING (run_id = (SELECT m.run_id FROM mayfly.machine m WHERE m.login = current_user)
    AND (state IN ('blocked', 'ready') OR (state = 'leased'
      AND machine_id = (SELECT m.id FROM mayfly.machine m WHERE m.login = current_user))))
  WITH CHECK (state <> 'leased'
    OR machine_id = (SELECT m.id FROM mayfly.machine m WHERE m.login = current_user));
CREATE POLICY own ON mayfly.attempt FOR SELECT TO mayfly_worker
  USING (run_id = (SELECT m.run_id FROM mayfly.machine m WHERE m.login = current_user));
CREATE POLICY own_lease ON mayfly.attempt FOR INSERT TO mayfly_worker
  WITH CHECK (run_id = (SELECT m.run_id FROM mayfly.machine m WHERE m.login = current_user)
    AND machine_id = (SELECT m.id FROM mayfly.machine m WHERE m.login = current_user));
CREATE POLICY own ON mayfly.event FOR INSERT TO mayfly_worker
  WITH CHECK (run_id = (SELECT m.run_id FROM mayfly.machine m WHERE m.login = current_user));
CREATE POLICY own ON mayfly.log FOR INSERT TO mayfly_worker
  WITH CHECK (run_id = (SELECT m.run_id FROM mayfly.machine m WHERE m.login = current_user));
