-- What the accepted attempts of a stage said of their leaves.
--
-- $1 bigint run · $2 text stage
-- Gives leaf, rows, storage. READ COMMITTED. Plan: leaf of the run, task by key.
SELECT f.name, f.rows, f.storage
FROM mayfly.leaf f
JOIN mayfly.task t ON t.id = f.task_id
JOIN mayfly.stage s ON s.id = t.stage_id
WHERE f.run_id = $1::bigint AND s.name = $2::text AND f.accepted_fence IS NOT NULL
ORDER BY f.name;
