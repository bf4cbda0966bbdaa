-- The liveness half of being the controller: a lock that ends with the session.
--
-- $1 bigint run
-- Gives whether this session holds it now. Any isolation.
SELECT pg_try_advisory_lock(1835102822, $1::bigint::int);
