-- The machine stops claiming, finishes or gives back, then ends.
--
-- $1 bigint run · $2 bigint control · $3 bigint machine · $4 text reason
-- Gives the machine, or no row where another controller acts (I9) or it is not there. An illegal
-- step raises MF001. READ COMMITTED. Plan: run and machine by key.
WITH control AS MATERIALIZED (
  SELECT id FROM mayfly.run WHERE id = $1::bigint AND controller_fence = $2::bigint FOR UPDATE
), moved AS (
  UPDATE mayfly.machine m
  SET state = 'draining', drain_at = coalesce(m.drain_at, clock_timestamp()), reason = $4::text
  FROM control c
  WHERE m.run_id = c.id AND m.id = $3::bigint
  RETURNING m.id, m.run_id
), said AS (
  INSERT INTO mayfly.event (run_id, machine_id, fence, kind, detail)
  SELECT run_id, id, $2::bigint, 'machine.draining', $4::text FROM moved
)
SELECT id FROM moved;
