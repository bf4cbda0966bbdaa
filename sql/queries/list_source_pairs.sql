-- What stands for the pair in the names of source tables.
-- Parameters: $1 schema text, $2 what the name starts with text, $3 what it ends with text.
-- Isolation: read committed.
-- Plan: pg_class by namespace; a few thousand rows at the most.
SELECT pair
  FROM (SELECT substr(c.relname, length($2::text) + 1,
                      length(c.relname) - length($2::text) - length($3::text)) AS pair
          FROM pg_catalog.pg_class AS c
          JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
         WHERE n.nspname = $1::text
           AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
           AND starts_with(c.relname, $2::text)
           AND right(c.relname, length($3::text)) = $3::text
           AND length(c.relname) > length($2::text) + length($3::text)) AS named
 WHERE pair ~ '^[a-z0-9]+$'
 ORDER BY pair
