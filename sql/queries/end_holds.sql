-- Lets the countdown of held machines end now: the machine sees it with its next heartbeat, the
-- controller with its next look.
--
-- $1 bigint run · $2 bigint machine, NULL for all
-- Gives the machines. READ COMMITTED. Plan: machine by run.
WITH ended AS (
  UPDATE mayfly.machine m
  SET held_until = clock_timestamp()
  WHERE m.run_id = $1::bigint AND m.state = 'held' AND m.held_until > clock_timestamp()
    AND ($2::bigint IS NULL OR m.id = $2::bigint)
  RETURNING m.id, m.run_id
), said AS (
  INSERT INTO mayfly.event (run_id, machine_id, kind, detail)
  SELECT run_id, id, 'machine.held', 'its hold is ended early' FROM ended
)
SELECT id FROM ended;
