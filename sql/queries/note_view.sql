-- A view is ours.
--
-- $1 text reader schema · $2 text name · $3 bigint run
-- READ COMMITTED, in the transaction that made it.
INSERT INTO mayfly.published_view (reader_schema, name, run_id) VALUES ($1::text, $2::text, $3::bigint)
ON CONFLICT (reader_schema, name) DO UPDATE SET run_id = excluded.run_id;
