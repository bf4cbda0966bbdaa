-- Leaves of a run whose autovacuum is still off.
--
-- $1 bigint run
-- Gives leaf, and whether its statistics are there for good: the run's `optimise` stage took them of
-- the key, and those of the values help no query that looks a time up, while autovacuum would
-- read every column for them. READ COMMITTED. Plan: pg_class by namespace, leaf by key.
SELECT c.relname,
       s.kind IN ('load', 'features')
         AND EXISTS (SELECT FROM mayfly.stage o
                     WHERE o.run_id = r.id AND o.kind = 'optimise' AND o.state = 'complete')
FROM mayfly.run r
JOIN pg_namespace n ON n.nspname = r.schema_name
JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind = 'r'
  AND c.reloptions @> ARRAY['autovacuum_enabled=false']
LEFT JOIN mayfly.leaf l ON l.run_id = r.id AND l.name = c.relname
LEFT JOIN mayfly.task t ON t.id = l.task_id
LEFT JOIN mayfly.stage s ON s.id = t.stage_id
WHERE r.id = $1::bigint
ORDER BY c.relname;
