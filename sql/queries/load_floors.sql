-- The floors that a run raised, oldest first, with what the ledger's other runs have to do with each:
-- what any of them set last, and one that counts on it: not one that is over, as nobody drives it to
-- restore what it left raised.
--
-- $1 bigint run
-- REPEATABLE READ with load_run. Plan: raised_floor_of_run, then raised_floor_of_cluster and run by
-- key.
SELECT f.cluster, f.state, f.before_milli, f.floor_milli, f.asked_at, f.over_at, f.note,
       (SELECT n.floor_milli FROM mayfly.raised_floor n WHERE n.cluster = f.cluster
        ORDER BY n.id DESC LIMIT 1),
       coalesce((SELECT max(o.run_id) FROM mayfly.raised_floor o JOIN mayfly.run r ON r.id = o.run_id
                 WHERE o.cluster = f.cluster AND o.run_id <> f.run_id
                   AND o.state IN ('intended', 'raised')
                   AND r.state NOT IN ('closed', 'cancelled')), 0)
FROM mayfly.raised_floor f
WHERE f.run_id = $1::bigint
ORDER BY f.id;
