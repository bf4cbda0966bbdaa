-- The newest lines of a run's output, oldest first.
--
-- $1 bigint run · $2 bigint task, NULL for all · $3 bigint after this id · $4 int at most so many
-- READ COMMITTED. Plan: log by key backwards, or log_of_task backwards.
SELECT l.id, l.at, l.machine_id, l.task_id, l.source, l.text
FROM (
  SELECT * FROM mayfly.log g
  WHERE g.run_id = $1::bigint AND g.id > $3::bigint
    AND ($2::bigint IS NULL OR g.task_id = $2::bigint)
  ORDER BY g.id DESC
  LIMIT $4::int
) l
ORDER BY l.id;
