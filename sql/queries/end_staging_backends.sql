-- Ends what is still connected as a command's role. Needs seal_staging committed before.
--
-- $1 text role · $2 bigint wait in milliseconds
-- Gives how many would not go in time. READ COMMITTED, a transaction of its own.
SELECT mayfly.end_staging_backends($1::text, $2::bigint);
