-- Which task waits for which.
--
-- $1 bigint run · $2 bigint[] tasks · $3 bigint[] the tasks that they need
-- READ COMMITTED, in the Create transaction.
INSERT INTO mayfly.need (run_id, task_id, on_task_id)
SELECT $1::bigint, g.task, g.on_task FROM unnest($2::bigint[], $3::bigint[]) AS g (task, on_task);
