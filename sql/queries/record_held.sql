-- The machine is kept: it claims nothing more and ends when its countdown is over, at its own deadline
-- at the latest. The wish is granted.
--
-- $1 bigint run · $2 bigint control · $3 bigint machine · $4 bigint hold ·
-- $5 bigint length in microseconds from now · $6 text note
-- Gives the machine, or no row where another controller acts (I9), it is not there, or the wish is not
-- open any more. An illegal step raises MF001. READ COMMITTED. Plan: run, hold and machine by key.
WITH control AS MATERIALIZED (
  SELECT id FROM mayfly.run WHERE id = $1::bigint AND controller_fence = $2::bigint FOR UPDATE
), wish AS MATERIALIZED (
  SELECT h.id FROM mayfly.hold h JOIN control c ON c.id = h.run_id
  WHERE h.id = $4::bigint AND h.state IN ('asked', 'promised')
  FOR UPDATE OF h
), moved AS (
  UPDATE mayfly.machine m
  SET state = 'held', held_at = coalesce(m.held_at, clock_timestamp()), reason = $6::text,
      held_until = least(clock_timestamp() + $5::bigint * interval '1 microsecond', m.deadline_at)
  FROM control c, wish
  WHERE m.run_id = c.id AND m.id = $3::bigint
  RETURNING m.id, m.run_id, m.held_until
), granted AS (
  UPDATE mayfly.hold h
  SET state = 'granted', machine_id = moved.id, note = $6::text, closed_at = clock_timestamp()
  FROM moved
  WHERE h.id = $4::bigint
), said AS (
  INSERT INTO mayfly.event (run_id, machine_id, fence, kind, detail)
  SELECT run_id, id, $2::bigint, 'machine.held', $6::text FROM moved
)
SELECT id FROM moved;
