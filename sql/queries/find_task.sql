-- A task by number or by stage@point.
--
-- $1 bigint run · $2 text number or stage@point
-- Gives the id, or no row. READ COMMITTED. Plan: tasks by stage.
SELECT t.id
FROM mayfly.task t
JOIN mayfly.stage s ON s.id = t.stage_id
WHERE s.run_id = $1::bigint
  AND (t.id::text = $2::text OR s.name || '@' || t.point_key = $2::text);
