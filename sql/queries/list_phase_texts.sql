-- The different texts of the phases that were run.
--
-- No parameters. READ COMMITTED. Plan: plan by sequential scan, hashed.
SELECT DISTINCT canonical_toml
FROM mayfly.plan;
