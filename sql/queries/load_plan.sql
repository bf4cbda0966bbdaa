-- Enough to compile the plan of a run again.
--
-- $1 bigint run
-- READ COMMITTED. Plan: plan and run by key.
SELECT p.canonical_toml, p.findings, r.schema_name, p.quote
FROM mayfly.plan p
JOIN mayfly.run r ON r.id = p.run_id
WHERE p.run_id = $1::bigint;
