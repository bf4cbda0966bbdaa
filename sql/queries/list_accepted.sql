-- What the accepted attempts said of some leaves.
--
-- $1 bigint run · $2 text[] leaves
-- Gives leaf, rows, storage, the number of its transaction as rows carry it, the figures of
-- features. READ COMMITTED. Plan: leaf, task, stage and attempt by key.
SELECT f.name, f.rows, f.storage, (f.accepted_xid % 4294967296)::text,
       CASE WHEN s.kind = 'features' THEN a.figures::text ELSE '' END
FROM mayfly.leaf f
JOIN mayfly.task t ON t.id = f.task_id
JOIN mayfly.stage s ON s.id = t.stage_id
LEFT JOIN mayfly.attempt a ON a.fence = f.accepted_fence
WHERE f.run_id = $1::bigint AND f.name = ANY ($2::text[]) AND f.accepted_fence IS NOT NULL
ORDER BY f.name;
