-- Removes a command's table and role. Needs end_staging_backends before.
--
-- $1 text role
-- READ COMMITTED.
SELECT mayfly.drop_staging($1::text);
