-- Gives leases back unharmed: no budget pays.
--
-- $1 bigint[] tasks · $2 bigint[] fences · $3 text reason
-- Gives one row for every task given back; those that are not leased under their fence are not ours
-- any more, which is what was wanted. READ COMMITTED, a transaction of its own.
-- Plan: task by key for each element.
WITH back AS (
  UPDATE mayfly.task t
  SET state = 'ready', backend_pid = NULL, backend_start = NULL
  FROM unnest($1::bigint[], $2::bigint[]) AS g (id, fence)
  WHERE t.id = g.id AND t.fence = g.fence AND t.state = 'leased' AND t.id = ANY ($1::bigint[])
  RETURNING t.id, t.run_id, t.fence, t.machine_id, t.slot, t.leased_at
), closed AS (
  INSERT INTO mayfly.attempt (fence, run_id, task_id, machine_id, slot, started_at, outcome, error)
  SELECT fence, run_id, id, machine_id, slot, leased_at, 'released', $3::text FROM back
), said AS (
  INSERT INTO mayfly.event (run_id, task_id, machine_id, fence, kind, detail)
  SELECT run_id, id, machine_id, fence, 'task.released', $3::text FROM back
)
SELECT id FROM back;
