-- May this run be published now? Locks it, so that two cannot.
--
-- $1 bigint run · $2 bigint control
-- Gives verdict, schema, reader schema, phase, or no row where another controller acts (I9).
-- READ COMMITTED, first statement of the Publish transaction. Plan: run by key.
SELECT r.verdict, r.schema_name, r.reader_schema, r.phase
FROM mayfly.run r
WHERE r.id = $1::bigint AND r.controller_fence = $2::bigint
FOR UPDATE;
