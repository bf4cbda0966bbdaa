-- Leaves of a finishing run that a vacuum would freeze: rows that an INSERT wrote (features and bars
-- are copied in frozen), in a run that has a complete `optimise` stage.
--
-- $1 bigint run · $2 int at most so many
-- Gives schema and leaf. READ COMMITTED. Plan: stage by run, task by stage, leaf by task.
SELECT r.schema_name, l.name
FROM mayfly.run r
JOIN mayfly.stage s ON s.run_id = r.id AND s.kind IN ('sql', 'command')
JOIN mayfly.task t ON t.stage_id = s.id
JOIN mayfly.leaf l ON l.task_id = t.id
WHERE r.id = $1::bigint AND l.rows > 0 AND l.vacuumed_at IS NULL
  AND EXISTS (SELECT FROM mayfly.stage o
              WHERE o.run_id = r.id AND o.kind = 'optimise' AND o.state = 'complete')
ORDER BY l.name
LIMIT $2::int;
