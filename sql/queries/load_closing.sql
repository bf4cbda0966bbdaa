-- When things happened that end a run, and who approved it.
--
-- $1 bigint run
-- READ COMMITTED. Plan: run by key, findings of the run.
SELECT coalesce(r.approved_by, ''), (SELECT max(f.at) FROM mayfly.finding f WHERE f.run_id = r.id),
       r.published_at
FROM mayfly.run r
WHERE r.id = $1::bigint;
