-- Gives back leases of a slot that it does not know of: the answer to its claim was lost.
--
-- $1 bigint machine · $2 int slot · $3 bigint[] fences that it knows
-- READ COMMITTED, after the slot's old backend was seen gone. Plan: task_leased.
WITH back AS (
  UPDATE mayfly.task t
  SET state = 'ready', backend_pid = NULL, backend_start = NULL
  WHERE t.state = 'leased' AND t.machine_id = $1::bigint AND t.slot = $2::int
    AND NOT t.fence = ANY ($3::bigint[])
  RETURNING t.id, t.run_id, t.fence, t.machine_id, t.slot, t.leased_at
), closed AS (
  INSERT INTO mayfly.attempt (fence, run_id, task_id, machine_id, slot, started_at, outcome, error)
  SELECT fence, run_id, id, machine_id, slot, leased_at, 'released',
         'the answer to its claim was lost'
  FROM back
), said AS (
  INSERT INTO mayfly.event (run_id, task_id, machine_id, fence, kind, detail)
  SELECT run_id, id, machine_id, fence, 'task.released', 'the answer to its claim was lost' FROM back
)
SELECT id FROM back;
