-- Gives the leases of a machine (or of one slot) back, but only those whose backend is seen gone: a
-- ghost that still holds its locks keeps its lease (I1). Each is a setback of ours, unless a task
-- ran over its time: then that one pays itself, and the others go back unharmed (I5).
--
-- $1 bigint machine · $2 int slot, NULL for all · $3 bigint fence of the lease whose task ran over
-- its time, NULL for none · $4 text reason
-- Gives one row: leases taken back, leases left because their backend lives.
-- READ COMMITTED, a transaction of its own, begun after the backends were asked to end: within a
-- transaction pg_stat_activity does not change. Plan: task_leased, task by key, pg_stat_activity.
WITH held AS MATERIALIZED (
  SELECT t.id, t.fence,
         CASE WHEN $3::bigint IS NULL THEN 'expired'
              WHEN t.fence = $3::bigint THEN 'failed'
              ELSE 'released' END::mayfly.outcome AS outcome,
         EXISTS (SELECT FROM pg_stat_activity a
                 WHERE a.pid = t.backend_pid
                   AND (a.backend_start = t.backend_start OR a.backend_start IS NULL)) AS alive
  FROM mayfly.task t
  WHERE t.state = 'leased' AND t.machine_id = $1::bigint AND ($2::int IS NULL OR t.slot = $2::int)
), taken AS (
  UPDATE mayfly.task t
  SET failures = t.failures + CASE h.outcome WHEN 'failed' THEN 1 ELSE 0 END,
      setbacks = t.setbacks + CASE h.outcome WHEN 'expired' THEN 1 ELSE 0 END,
      state = CASE WHEN h.outcome = 'failed' AND t.failures >= t.retries THEN 'quarantined'
                   WHEN h.outcome = 'expired' AND t.setbacks >= t.max_setbacks THEN 'quarantined'
                   ELSE 'ready' END::mayfly.task_state,
      backend_pid = NULL, backend_start = NULL,
      last_error = CASE h.outcome WHEN 'released' THEN t.last_error ELSE $4::text END
  FROM held h
  WHERE NOT h.alive AND t.id = h.id AND t.fence = h.fence AND t.state = 'leased'
  RETURNING t.id, t.run_id, t.fence, t.machine_id, t.slot, t.leased_at, t.state, h.outcome
), closed AS (
  INSERT INTO mayfly.attempt (fence, run_id, task_id, machine_id, slot, started_at, outcome, error)
  SELECT fence, run_id, id, machine_id, slot, leased_at, outcome, $4::text FROM taken
), said AS (
  INSERT INTO mayfly.event (run_id, task_id, machine_id, fence, kind, detail)
  SELECT run_id, id, machine_id, fence,
         CASE WHEN state = 'quarantined' THEN 'task.quarantined' ELSE 'task.' || outcome::text END,
         $4::text
  FROM taken
)
SELECT (SELECT count(*) FROM taken), (SELECT count(*) FROM held WHERE alive);
