-- Quarantined tasks become ready with fresh budgets.
--
-- $1 bigint run · $2 bigint control
-- Gives the run, or no row where another controller acts (I9). READ COMMITTED.
-- Plan: run by key, tasks of its stages.
WITH control AS MATERIALIZED (
  SELECT id FROM mayfly.run WHERE id = $1::bigint AND controller_fence = $2::bigint FOR UPDATE
), moved AS (
  UPDATE mayfly.task t
  SET state = 'ready', failures = 0, setbacks = 0
  FROM control c
  WHERE t.stage_id IN (SELECT s.id FROM mayfly.stage s WHERE s.run_id = $1::bigint)
    AND t.run_id = c.id AND t.state = 'quarantined'
  RETURNING t.id, t.run_id
), said AS (
  INSERT INTO mayfly.event (run_id, task_id, fence, kind)
  SELECT run_id, id, $2::bigint, 'task.retried' FROM moved
)
SELECT id FROM control;
