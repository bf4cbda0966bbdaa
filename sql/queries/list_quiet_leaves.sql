-- Leaves of a schema whose autovacuum is still off.
--
-- $1 text schema
-- READ COMMITTED. Plan: pg_class by namespace.
SELECT c.relname
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1::text AND c.relkind = 'r' AND c.reloptions @> ARRAY['autovacuum_enabled=false']
ORDER BY c.relname;
