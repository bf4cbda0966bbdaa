-- Every task of a run as stage@point, to find the nearest to a slip of the keys.
--
-- $1 bigint run
-- READ COMMITTED. Plan: tasks by stage.
SELECT s.name || '@' || t.point_key
FROM mayfly.task t
JOIN mayfly.stage s ON s.id = t.stage_id
WHERE s.run_id = $1::bigint
ORDER BY t.priority;
