-- What the run waits for before it can have a machine, and until when; an empty text: nothing.
--
-- $1 bigint run · $2 bigint control · $3 text reason · $4 timestamptz until or NULL
-- Gives the run, or no row where another controller acts (I9). READ COMMITTED. Plan: run by key.
WITH control AS MATERIALIZED (
  SELECT id, waiting_for FROM mayfly.run
  WHERE id = $1::bigint AND controller_fence = $2::bigint FOR UPDATE
), written AS (
  UPDATE mayfly.run r SET waiting_for = $3::text, waiting_until = $4::timestamptz
  FROM control c WHERE r.id = c.id
), said AS (
  INSERT INTO mayfly.event (run_id, fence, kind, detail)
  SELECT id, $2::bigint, 'run.waiting', $3::text FROM control
  WHERE $3::text <> '' AND waiting_for <> $3::text
)
SELECT id FROM control;
