-- Events of a run, oldest first.
--
-- $1 bigint run · $2 bigint after this id · $3 bigint of this task, NULL for all
-- READ COMMITTED. Plan: event by key.
SELECT e.id, e.at, e.kind, e.task_id, e.machine_id, e.detail
FROM mayfly.event e
WHERE e.run_id = $1::bigint AND e.id > $2::bigint AND ($3::bigint IS NULL OR e.task_id = $3::bigint)
ORDER BY e.id;
