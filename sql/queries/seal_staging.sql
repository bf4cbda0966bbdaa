-- Nobody can log in as a command's role or insert anew, once this is committed.
--
-- $1 text role
-- READ COMMITTED, a transaction of its own.
SELECT mayfly.seal_staging($1::text);
