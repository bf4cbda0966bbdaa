-- What is in the way of a view.
--
-- $1 text schema · $2 text name
-- Gives the kind of relation and its columns as one text, or no row. READ COMMITTED.
SELECT c.relkind::text,
       (SELECT string_agg(format('%s %s', a.attname, a.atttypid::regtype), ', ' ORDER BY a.attnum)
        FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1::text AND c.relname = $2::text;
