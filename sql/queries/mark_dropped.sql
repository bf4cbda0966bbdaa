-- The schema of a run is gone.
--
-- $1 bigint run
-- READ COMMITTED, in the transaction that dropped it. Plan: run by key.
WITH dropped AS (
  UPDATE mayfly.run SET dropped_at = clock_timestamp() WHERE id = $1::bigint RETURNING id, schema_name
)
INSERT INTO mayfly.event (run_id, kind, detail)
SELECT id, 'run.dropped', schema_name FROM dropped;
