-- Readers were pointed at a run.
--
-- $1 bigint run · $2 text kind: publish or rollback
-- READ COMMITTED, last statement of the transaction that repointed the views. Plan: run by key.
WITH published AS (
  UPDATE mayfly.run SET published_at = coalesce(published_at, clock_timestamp())
  WHERE id = $1::bigint
  RETURNING id, reader_schema
), said AS (
  INSERT INTO mayfly.event (run_id, kind, detail)
  SELECT id, CASE $2::text WHEN 'publish' THEN 'run.published' ELSE 'run.rolled_back_to' END,
         reader_schema
  FROM published
)
INSERT INTO mayfly.publication (run_id, reader_schema, kind)
SELECT id, reader_schema, $2::text FROM published;
