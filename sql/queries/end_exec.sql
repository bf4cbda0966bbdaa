-- A command is over; the first end counts.
--
-- $1 bigint command · $2 text how · $3 int exit code or signal · $4 text note · $5 text for people
-- READ COMMITTED. Plan: exec by key.
WITH ended AS (
  UPDATE mayfly.exec e
  SET state = 'ended', ended_at = clock_timestamp(), how = $2::text, code = $3::int, note = $4::text
  WHERE e.id = $1::bigint AND e.state <> 'ended'
  RETURNING e.id, e.run_id, e.machine_id
)
INSERT INTO mayfly.event (run_id, machine_id, kind, detail)
SELECT run_id, machine_id, 'machine.exec', format('command %s %s', id, $5::text) FROM ended;
