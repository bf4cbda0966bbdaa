-- A command is not wanted any more: its machine ends it; one that was not taken yet ends here.
--
-- $1 bigint command
-- Gives the command, or no row where it is not there. READ COMMITTED. Plan: exec by key.
WITH cancelled AS (
  UPDATE mayfly.exec e
  SET cancelled_at = coalesce(e.cancelled_at, clock_timestamp())
  WHERE e.id = $1::bigint
  RETURNING e.id, e.run_id, e.machine_id, e.state
), said AS (
  INSERT INTO mayfly.event (run_id, machine_id, kind, detail)
  SELECT run_id, machine_id, 'machine.exec', format('command %s is cancelled', id)
  FROM cancelled WHERE state <> 'ended'
)
SELECT id FROM cancelled;
