-- Asks to keep a machine of a run when its work is over; needs no control. An open wish of before is
-- withdrawn by the statement before this one, in the same transaction.
--
-- $1 bigint run · $2 bigint machine or NULL · $3 bigint length in microseconds · $4 text who
-- Gives the hold, or no row where the run is over or not there, or the machine is not of it.
-- READ COMMITTED. Plan: run and machine by key.
WITH asked AS (
  INSERT INTO mayfly.hold (run_id, wished_machine_id, length_us, who)
  SELECT r.id, $2::bigint, $3::bigint, $4::text
  FROM mayfly.run r
  WHERE r.id = $1::bigint AND r.state NOT IN ('closed', 'cancelled')
    AND ($2::bigint IS NULL
         OR EXISTS (SELECT FROM mayfly.machine m WHERE m.id = $2::bigint AND m.run_id = r.id))
  RETURNING id, run_id
), said AS (
  INSERT INTO mayfly.event (run_id, machine_id, kind, detail)
  SELECT run_id, $2::bigint, 'run.hold',
         format('%s asks to hold %s for %s s', $4::text, coalesce('machine ' || $2::text, 'one machine'),
                $3::bigint / 1000000)
  FROM asked
)
SELECT id FROM asked;
