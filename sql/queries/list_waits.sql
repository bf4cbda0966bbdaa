-- What a task waits for.
--
-- $1 bigint task
-- Gives stage, point key, state, last error of every need that is not met. READ COMMITTED. Plan: need_of_task.
SELECT s.name, t.point_key, t.state, t.last_error
FROM mayfly.need n
JOIN mayfly.task t ON t.id = n.on_task_id
JOIN mayfly.stage s ON s.id = t.stage_id
WHERE n.task_id = $1::bigint AND t.state NOT IN ('done', 'skipped')
ORDER BY t.priority;
