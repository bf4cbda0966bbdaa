-- The machine ends in good order: refused while anything is leased to it.
--
-- $1 bigint machine · $2 text reason
-- Gives leases, and machines that left (0 or 1; one that is ending or gone already counts).
-- READ COMMITTED. Plan: machine by key, task_leased.
WITH held AS MATERIALIZED (
  SELECT count(*) AS leases FROM mayfly.task t
  WHERE t.state = 'leased' AND t.machine_id = $1::bigint
), left_now AS (
  UPDATE mayfly.machine m
  SET state = 'ending', ending_at = clock_timestamp(), reason = $2::text
  WHERE m.id = $1::bigint AND m.state NOT IN ('ending', 'gone') AND (SELECT leases = 0 FROM held)
  RETURNING m.id, m.run_id
), said AS (
  INSERT INTO mayfly.event (run_id, machine_id, kind, detail)
  SELECT run_id, id, 'machine.left', $2::text FROM left_now
)
SELECT (SELECT leases FROM held),
       (SELECT count(*) FROM mayfly.machine m WHERE m.id = $1::bigint);
