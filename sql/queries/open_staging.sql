-- A table and a role for one attempt of a command.
--
-- $1 bigint task · $2 bigint fence · $3 text[] columns · $4 text[] types · $5 text SCRAM verifier
-- Gives schema, table, role. READ COMMITTED, a transaction of its own. Raises MF004 where the task
-- is not leased to the caller's machine under that fence.
SELECT schema_name, table_name, role_name
FROM mayfly.open_staging($1::bigint, $2::bigint, $3::text[], $4::text[], $5::text);
