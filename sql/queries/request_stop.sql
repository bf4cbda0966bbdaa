-- What the operator asks of a run; needs no control.
--
-- $1 bigint run · $2 text wish
-- Gives the run, or no row where it is over or not there. READ COMMITTED. Plan: run by key.
WITH asked AS (
  UPDATE mayfly.run SET stop_wish = $2::mayfly.stop_wish
  WHERE id = $1::bigint AND state NOT IN ('closed', 'cancelled')
  RETURNING id
), said AS (
  INSERT INTO mayfly.event (run_id, kind, detail) SELECT id, 'run.stop', $2::text FROM asked
)
SELECT id FROM asked;
