-- Gives the leases of a machine (or of one slot) back, but only those whose backend is seen gone: a
-- ghost that still holds its locks keeps its lease (I1).
--
-- $1 bigint machine · $2 int slot, NULL for all · $3 boolean the task's own fault · $4 text reason
-- Gives one row: leases taken back, leases left because their backend lives.
-- READ COMMITTED, a transaction of its own, begun after the backends were asked to end: within a
-- transaction pg_stat_activity does not change. Plan: task_leased, task by key, pg_stat_activity.
WITH held AS MATERIALIZED (
  SELECT t.id, t.fence,
         EXISTS (SELECT FROM pg_stat_activity a
                 WHERE a.pid = t.backend_pid
                   AND (a.backend_start = t.backend_start OR a.backend_start IS NULL)) AS alive
  FROM mayfly.task t
  WHERE t.state = 'leased' AND t.machine_id = $1::bigint AND ($2::int IS NULL OR t.slot = $2::int)
), taken AS (
  UPDATE mayfly.task t
  SET failures = t.failures + CASE WHEN $3::boolean THEN 1 ELSE 0 END,
      setbacks = t.setbacks + CASE WHEN $3::boolean THEN 0 ELSE 1 END,
      state = CASE WHEN $3::boolean AND t.failures >= t.retries THEN 'quarantined'
                   WHEN NOT $3::boolean AND t.setbacks >= t.max_setbacks THEN 'quarantined'
                   ELSE 'ready' END::mayfly.task_state,
      backend_pid = NULL, backend_start = NULL, last_error = $4::text
  FROM held h
  WHERE NOT h.alive AND t.id = h.id AND t.fence = h.fence AND t.state = 'leased'
  RETURNING t.id, t.run_id, t.fence, t.machine_id, t.slot, t.leased_at, t.state
), closed AS (
  INSERT INTO mayfly.attempt (fence, run_id, task_id, machine_id, slot, started_at, outcome, error)
  SELECT fence, run_id, id, machine_id, slot, leased_at,
         CASE WHEN $3::boolean THEN 'failed' ELSE 'expired' END::mayfly.outcome, $4::text
  FROM taken
), said AS (
  INSERT INTO mayfly.event (run_id, task_id, machine_id, fence, kind, detail)
  SELECT run_id, id, machine_id, fence,
         CASE WHEN state = 'quarantined' THEN 'task.quarantined'
              WHEN $3::boolean THEN 'task.failed' ELSE 'task.expired' END, $4::text
  FROM taken
)
SELECT (SELECT count(*) FROM taken), (SELECT count(*) FROM held WHERE alive);
