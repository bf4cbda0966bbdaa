-- A view is gone.
--
-- $1 text reader schema · $2 text name
-- READ COMMITTED, in the transaction that dropped it.
DELETE FROM mayfly.published_view WHERE reader_schema = $1::text AND name = $2::text;
