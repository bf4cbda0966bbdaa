-- The machine will be taken away: said once, the first time counts.
--
-- $1 bigint machine · $2 bigint microseconds from now · $3 text reason
-- READ COMMITTED. Plan: machine by key.
WITH noticed AS (
  UPDATE mayfly.machine m
  SET noticed_at = clock_timestamp(),
      taken_at = clock_timestamp() + $2::bigint * interval '1 microsecond',
      reason = $3::text
  WHERE m.id = $1::bigint AND m.noticed_at IS NULL
  RETURNING m.id, m.run_id
)
INSERT INTO mayfly.event (run_id, machine_id, kind, detail)
SELECT run_id, id, 'machine.noticed', $3::text FROM noticed;
