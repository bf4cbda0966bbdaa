-- The prices that were seen for a run, oldest first.
--
-- $1 bigint run
-- REPEATABLE READ with load_run. Plan: price by key prefix.
SELECT p.item, p.region, p.zone, p.instance_type, p.market, p.from_at, p.micro_usd, p.unit
FROM mayfly.price p
WHERE p.run_id = $1::bigint
ORDER BY p.from_at;
