-- Fact: the machine exists. One that reported already stays where it is.
--
-- $1 bigint run · $2 bigint control · $3 bigint machine · $4 text external id
-- Gives the machine, or no row where another controller acts (I9) or it is not there.
-- READ COMMITTED. Plan: run and machine by key.
WITH control AS MATERIALIZED (
  SELECT id FROM mayfly.run WHERE id = $1::bigint AND controller_fence = $2::bigint FOR UPDATE
), moved AS (
  UPDATE mayfly.machine m
  SET state = CASE m.state WHEN 'intended' THEN 'booting' ELSE m.state END,
      launched_at = coalesce(m.launched_at, clock_timestamp()), external_id = $4::text
  FROM control c
  WHERE m.run_id = c.id AND m.id = $3::bigint
  RETURNING m.id, m.run_id
), said AS (
  INSERT INTO mayfly.event (run_id, machine_id, fence, kind, detail)
  SELECT run_id, id, $2::bigint, 'machine.launched', $4::text FROM moved
)
SELECT id FROM moved;
