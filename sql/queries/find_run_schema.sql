-- Where a run writes and where its readers look.
--
-- $1 bigint run
-- Gives schema, reader schema. READ COMMITTED. Plan: run by key.
SELECT r.schema_name, r.reader_schema FROM mayfly.run r WHERE r.id = $1::bigint;
