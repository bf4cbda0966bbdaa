-- Runs of the same phase whose schema is no longer needed: over or failed, not what readers see, not
-- among the newest keep_runs that were published before, and older than this run.
--
-- $1 bigint run
-- Gives run, schema, writers, readers. READ COMMITTED. Plan: run_of_phase.
WITH me AS (
  SELECT r.id, r.phase, r.keep_runs FROM mayfly.run r WHERE r.id = $1::bigint
), shown AS (
  SELECT DISTINCT v.run_id FROM mayfly.published_view v
), kept AS (
  SELECT r.id
  FROM mayfly.run r
  JOIN me ON me.phase = r.phase
  WHERE r.published_at IS NOT NULL AND r.dropped_at IS NULL
  ORDER BY r.published_at DESC
  LIMIT (SELECT greatest(keep_runs, 1) FROM me)
)
SELECT r.id, r.schema_name, r.writers, r.readers
FROM mayfly.run r
JOIN me ON me.phase = r.phase
WHERE r.dropped_at IS NULL AND r.state IN ('closed', 'cancelled')
  AND r.id NOT IN (SELECT id FROM kept)
  AND r.id NOT IN (SELECT run_id FROM shown)
  AND (r.id < me.id OR r.state = 'cancelled')
ORDER BY r.id;
