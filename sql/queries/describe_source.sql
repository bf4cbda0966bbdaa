-- A source table as the run will use it: the types of the columns that are asked for, the names of
-- all it has, and whether the user may pass on the right to read it.
--
-- $1 text schema · $2 text table · $3 text[] columns
-- Gives one row a column: name, type (NULL: no such column; a domain's base type), all columns,
-- USAGE and SELECT with grant option. No row where the table is not there. READ COMMITTED.
SELECT wanted.name,
       format_type(coalesce(nullif(t.typbasetype, 0), t.oid), NULL),
       (SELECT array_to_string(array_agg(b.attname ORDER BY b.attnum), E'\n')
          FROM pg_catalog.pg_attribute b
         WHERE b.attrelid = c.oid AND b.attnum > 0 AND NOT b.attisdropped),
       has_schema_privilege(n.oid, 'USAGE WITH GRANT OPTION'),
       has_table_privilege(c.oid, 'SELECT WITH GRANT OPTION')
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  CROSS JOIN unnest($3::text[]) WITH ORDINALITY AS wanted (name, place)
  LEFT JOIN pg_catalog.pg_attribute a
    ON a.attrelid = c.oid AND a.attname = wanted.name AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
 WHERE n.nspname = $1::text AND c.relname = $2::text
 ORDER BY wanted.place;
