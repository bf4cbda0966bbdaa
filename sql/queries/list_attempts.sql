-- Every try at a task, oldest first; the one that goes on is the lease in the task's row.
--
-- $1 bigint task
-- READ COMMITTED. Plan: attempt_of_task, task by key.
SELECT a.fence, a.machine_id, a.slot, a.started_at, a.ended_at, a.outcome::text,
       CASE WHEN a.error_kind = '' THEN a.error ELSE a.error_kind || ': ' || a.error END,
       a.output, a.rows, a.seconds
FROM mayfly.attempt a
WHERE a.task_id = $1::bigint
UNION ALL
SELECT t.fence, t.machine_id, t.slot, t.leased_at, NULL, '', '', '', 0, 0
FROM mayfly.task t
WHERE t.id = $1::bigint AND t.state = 'leased'
ORDER BY 1;
