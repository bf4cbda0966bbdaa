-- The disk that a run keeps, if it was to keep one.
--
-- $1 bigint run
-- REPEATABLE READ with load_run. Plan: kept_disk by key.
SELECT k.machine_id, k.state, k.external_id, k.gigabytes, k.monthly_micro_usd, k.expires_at, k.note,
       (extract(epoch FROM clock_timestamp() - k.intended_at) * 1000000)::bigint,
       (extract(epoch FROM clock_timestamp() - k.asked_at) * 1000000)::bigint
FROM mayfly.kept_disk k
WHERE k.run_id = $1::bigint;
