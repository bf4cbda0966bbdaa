-- The newest run of a phase.
--
-- $1 text phase; empty for the newest of all
-- Gives id, state, plan hash, or no row. READ COMMITTED. Plan: run_of_phase backwards.
SELECT r.id, r.state, r.plan_hash
FROM mayfly.run r
WHERE $1::text = '' OR r.phase = $1::text
ORDER BY r.id DESC
LIMIT 1;
