-- What each pool said last when it refused, by kind, the newest first.
--
-- $1 bigint run
-- REPEATABLE READ with load_run. Plan: refusal by key prefix.
SELECT * FROM (
  SELECT DISTINCT ON (f.market, f.region, f.zone, f.instance_type, f.kind)
         f.machine_id, f.at, f.market, f.region, f.zone, f.instance_type, f.kind, f.code, f.message
  FROM mayfly.refusal f
  WHERE f.run_id = $1::bigint
  ORDER BY f.market, f.region, f.zone, f.instance_type, f.kind, f.at DESC
) newest
ORDER BY at DESC;
