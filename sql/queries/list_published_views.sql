-- The views that are ours in a readers' schema, and the phase that each shows.
--
-- $1 text reader schema
-- READ COMMITTED, in the transaction that repoints them. Plan: published_view by key prefix.
SELECT v.name, r.phase
FROM mayfly.published_view v
JOIN mayfly.run r ON r.id = v.run_id
WHERE v.reader_schema = $1::text
ORDER BY v.name;
