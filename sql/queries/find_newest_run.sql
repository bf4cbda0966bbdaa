-- The newest run of a phase.
--
-- $1 text phase; empty for the newest of all but tries, whose phase ends in " (dry)"
-- Gives id, state, plan hash, or no row. READ COMMITTED. Plan: run_of_phase backwards.
SELECT r.id, r.state, r.plan_hash
FROM mayfly.run r
WHERE CASE $1::text WHEN '' THEN r.phase NOT LIKE '% (dry)' ELSE r.phase = $1::text END
ORDER BY r.id DESC
LIMIT 1;
