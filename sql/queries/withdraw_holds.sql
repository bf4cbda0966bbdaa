-- The open wish of a run to hold a machine is no more; one for another machine than $2 stays.
--
-- $1 bigint run · $2 bigint machine, NULL for any
-- Gives the withdrawn holds. READ COMMITTED. Plan: hold_open.
WITH withdrawn AS (
  UPDATE mayfly.hold h
  SET state = 'withdrawn', closed_at = clock_timestamp()
  WHERE h.run_id = $1::bigint AND h.state IN ('asked', 'promised')
    AND ($2::bigint IS NULL OR h.wished_machine_id = $2::bigint)
  RETURNING h.id, h.run_id
), said AS (
  INSERT INTO mayfly.event (run_id, kind, detail)
  SELECT run_id, 'run.hold', format('hold %s is withdrawn', id) FROM withdrawn
)
SELECT id FROM withdrawn;
