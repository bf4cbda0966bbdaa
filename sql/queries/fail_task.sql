-- Closes an attempt that failed: its budget pays, and a spent budget quarantines the task (I5). One
-- that was not allowed to do its work waits at once: to try again changes nothing, the operator acts.
--
-- $1 bigint task · $2 bigint fence · $3 boolean the task's own fault · $4 text error kind ·
-- $5 text error · $6 text output
-- Gives one row with the new state, or none where the task is not leased under this fence.
-- READ COMMITTED, a transaction of its own. Plan: task by key.
WITH failed AS (
  UPDATE mayfly.task t
  SET failures = t.failures + CASE WHEN $3::boolean THEN 1 ELSE 0 END,
      setbacks = t.setbacks + CASE WHEN $3::boolean THEN 0 ELSE 1 END,
      state = CASE WHEN $3::boolean AND t.failures >= t.retries THEN 'quarantined'
                   WHEN NOT $3::boolean AND t.setbacks >= t.max_setbacks THEN 'quarantined'
                   WHEN $4::text = 'denied' THEN 'quarantined'
                   ELSE 'ready' END::mayfly.task_state,
      backend_pid = NULL, backend_start = NULL, last_error = $5::text
  WHERE t.id = $1::bigint AND t.fence = $2::bigint AND t.state = 'leased'
  RETURNING t.id, t.run_id, t.fence, t.machine_id, t.slot, t.leased_at, t.state
), closed AS (
  INSERT INTO mayfly.attempt (fence, run_id, task_id, machine_id, slot, started_at, outcome,
                              error_kind, error, output)
  SELECT fence, run_id, id, machine_id, slot, leased_at, 'failed', $4::text, $5::text, $6::text
  FROM failed
), said AS (
  INSERT INTO mayfly.event (run_id, task_id, machine_id, fence, kind, detail)
  SELECT run_id, id, machine_id, fence,
         CASE state WHEN 'quarantined' THEN 'task.quarantined' ELSE 'task.failed' END,
         $4::text || ': ' || $5::text
  FROM failed
)
SELECT state FROM failed;
