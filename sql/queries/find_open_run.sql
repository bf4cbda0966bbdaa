-- The run of a phase that is not over; there is at most one (run_open_phase).
--
-- $1 text phase
-- Gives id, state, plan hash, or no row. READ COMMITTED. Plan: run_open_phase.
SELECT r.id, r.state, r.plan_hash
FROM mayfly.run r
WHERE r.phase = $1::text AND r.state NOT IN ('closed', 'cancelled');
