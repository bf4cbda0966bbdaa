-- What is known of the newest floor that a run raised. The same again is harmless; an intent where
-- none is open is a new one.
--
-- $1 bigint run · $2 bigint control · $3 text cluster · $4 text state · $5 bigint before ·
-- $6 bigint floor (thousandths of a unit) · $7 text note
-- Gives the run, or no row where another controller acts (I9) or there is no such step.
-- READ COMMITTED. Plan: run by key, the newest of raised_floor_of_run.
WITH control AS MATERIALIZED (
  SELECT id FROM mayfly.run WHERE id = $1::bigint AND controller_fence = $2::bigint FOR UPDATE
), old AS MATERIALIZED (
  SELECT f.id, f.state FROM mayfly.raised_floor f JOIN control c ON c.id = f.run_id
  ORDER BY f.id DESC LIMIT 1
), moved AS (
  UPDATE mayfly.raised_floor f
  SET state = $4::text,
      note = CASE WHEN old.state = $4::text THEN f.note ELSE $7::text END,
      over_at = CASE WHEN $4::text IN ('restored', 'left')
                     THEN coalesce(f.over_at, clock_timestamp()) END
  FROM old
  WHERE f.id = old.id
    AND (old.state = $4::text OR (old.state, $4::text) IN (
      ('intended', 'raised'), ('intended', 'restoring'), ('intended', 'left'),
      ('raised', 'restoring'), ('restoring', 'restored'), ('restoring', 'left')))
  RETURNING f.run_id, old.state AS was
), made AS (
  INSERT INTO mayfly.raised_floor (run_id, cluster, state, before_milli, floor_milli)
  SELECT c.id, $3::text, 'intended', $5::bigint, $6::bigint
  FROM control c
  WHERE $4::text = 'intended'
    AND NOT EXISTS (SELECT FROM old WHERE old.state NOT IN ('restored', 'left'))
  RETURNING run_id, 'absent' AS was
), written AS (
  SELECT * FROM moved UNION ALL SELECT * FROM made
), said AS (
  INSERT INTO mayfly.event (run_id, fence, kind, detail)
  SELECT run_id, $2::bigint, 'floor.' || $4::text,
         concat_ws(': ', format('%s from %s to %s thousandths', $3::text, $5::bigint, $6::bigint),
                   nullif($7::text, ''))
  FROM written WHERE was <> $4::text
)
SELECT run_id FROM written;
