-- The tasks of a run in the order of claiming.
--
-- $1 bigint run · $2 text state, NULL for all · $3 bigint task, NULL for all
-- READ COMMITTED. Plan: tasks by stage, or by key.
SELECT t.id, s.name, t.point, t.state, t.failures, t.setbacks, t.rows, t.last_error
FROM mayfly.task t
JOIN mayfly.stage s ON s.id = t.stage_id
WHERE s.run_id = $1::bigint AND ($2::text IS NULL OR t.state = $2::mayfly.task_state)
  AND ($3::bigint IS NULL OR t.id = $3::bigint)
ORDER BY t.priority;
