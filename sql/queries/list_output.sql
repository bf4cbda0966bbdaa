-- The tables that a run publishes.
--
-- $1 bigint run
-- Gives names in the order of the stages. READ COMMITTED. Plan: stages of the run.
SELECT s.table_name
FROM mayfly.stage s
WHERE s.run_id = $1::bigint AND s.table_name IS NOT NULL AND s.state <> 'skipped'
ORDER BY s.ordinal;
