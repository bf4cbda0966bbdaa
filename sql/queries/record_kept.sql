-- What is known of the disk that a run keeps. The same again is harmless; an intent again tells when
-- it was last about to be asked for.
--
-- $1 bigint run · $2 bigint control · $3 bigint machine or NULL · $4 text state · $5 text external id ·
-- $6 int gigabytes · $7 bigint micro-dollars a month or NULL · $8 timestamptz expires · $9 text note
-- Gives the run, or no row where another controller acts (I9) or there is no such step.
-- READ COMMITTED. Plan: run and kept_disk by key.
WITH control AS MATERIALIZED (
  SELECT id FROM mayfly.run WHERE id = $1::bigint AND controller_fence = $2::bigint FOR UPDATE
), old AS MATERIALIZED (
  SELECT k.run_id, k.state FROM mayfly.kept_disk k JOIN control c ON c.id = k.run_id
), moved AS (
  UPDATE mayfly.kept_disk k
  SET state = $4::text, external_id = $5::text, note = $9::text,
      asked_at = CASE WHEN $4::text = 'intended' THEN clock_timestamp() ELSE k.asked_at END
  FROM old
  WHERE k.run_id = old.run_id
    AND (old.state = $4::text OR (old.state, $4::text) IN (
      ('intended', 'pending'), ('intended', 'completed'), ('intended', 'failed'),
      ('pending', 'completed'), ('pending', 'failed'), ('completed', 'deleted')))
  RETURNING k.run_id, k.machine_id, old.state AS was
), made AS (
  INSERT INTO mayfly.kept_disk (run_id, machine_id, state, external_id, gigabytes,
                                monthly_micro_usd, expires_at, note)
  SELECT c.id, $3::bigint, $4::text, $5::text, $6::int, $7::bigint, $8::timestamptz, $9::text
  FROM control c
  WHERE NOT EXISTS (SELECT FROM old) AND $4::text IN ('intended', 'failed')
  RETURNING run_id, machine_id, 'absent' AS was
), written AS (
  SELECT * FROM moved UNION ALL SELECT * FROM made
), said AS (
  INSERT INTO mayfly.event (run_id, machine_id, fence, kind, detail)
  SELECT run_id, machine_id, $2::bigint, 'disk.' || $4::text,
         concat_ws(': ', nullif($5::text, ''), nullif($9::text, ''))
  FROM written WHERE was <> $4::text
)
SELECT run_id FROM written;
