-- Takes statistics of a table of the run, with all its partitions.
--
-- $1 bigint task · $2 bigint fence · $3 text table · $4 text[] columns, none meaning all ·
-- $5 int statistics target, 0 meaning the server's
-- Part of the task's transaction. READ COMMITTED. Plan: one function call.
SELECT mayfly.analyze_table($1::bigint, $2::bigint, $3::text, $4::text[], $5::int);
