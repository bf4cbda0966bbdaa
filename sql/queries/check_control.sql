-- Does this controller still act (I9)?
--
-- $1 bigint run · $2 bigint control
-- Gives state, writers, readers, or no row. READ COMMITTED. Plan: run by key.
SELECT r.state, r.writers, r.readers
FROM mayfly.run r
WHERE r.id = $1::bigint AND r.controller_fence = $2::bigint
FOR UPDATE;
