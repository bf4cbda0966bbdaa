-- A machine's first act: it works, if its intent is open and its run goes on. Repeating it is
-- harmless.
--
-- $1 bigint run · $2 bigint machine
-- Gives the brief and the orders, or no row. READ COMMITTED. Plan: machine and run by key.
WITH registered AS (
  UPDATE mayfly.machine m
  SET state = 'working', born_at = coalesce(m.born_at, clock_timestamp()),
      heartbeat_at = clock_timestamp()
  FROM mayfly.run r
  WHERE m.id = $2::bigint AND m.run_id = $1::bigint AND r.id = m.run_id
    AND m.state IN ('intended', 'booting', 'working') AND m.drain_at IS NULL
    AND r.state IN ('approved', 'running', 'verifying', 'finishing')
  RETURNING m.id, m.run_id, m.slots, m.deadline_at, r.schema_name, r.slot_memory_bytes
), said AS (
  INSERT INTO mayfly.event (run_id, machine_id, kind)
  SELECT run_id, id, 'machine.working' FROM registered
)
SELECT g.slots, p.canonical_toml, p.findings, g.schema_name, g.slot_memory_bytes,
       (extract(epoch FROM g.deadline_at - clock_timestamp()) * 1000000)::bigint
FROM registered g
JOIN mayfly.plan p ON p.run_id = g.run_id;
