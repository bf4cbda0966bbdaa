-- Staging that nobody works on any more: its task is not leased under its fence.
--
-- $1 bigint run
-- Gives role, schema, table. READ COMMITTED. Plan: staging (small).
SELECT s.role_name, s.schema_name, s.table_name
FROM mayfly.staging s
JOIN mayfly.task t ON t.id = s.task_id
WHERE s.run_id = $1::bigint AND NOT (t.state = 'leased' AND t.fence = s.fence);
