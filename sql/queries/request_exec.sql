-- Asks for a command on a machine, which must be held.
--
-- $1 bigint machine · $2 text[] argv · $3 text who · $4 bigint timeout in microseconds ·
-- $5 int most that may wait
-- Gives one row: the command (NULL: refused), the machine's state, its run, its hold's time left in
-- microseconds, how many wait; no row where the machine is not there. READ COMMITTED.
-- Plan: machine by key, exec_open.
WITH machine AS MATERIALIZED (
  SELECT m.id, m.run_id, m.state,
         (extract(epoch FROM m.held_until - clock_timestamp()) * 1000000)::bigint AS left_us,
         (SELECT count(*) FROM mayfly.exec e WHERE e.machine_id = m.id AND e.state <> 'ended') AS open
  FROM mayfly.machine m
  WHERE m.id = $1::bigint
), asked AS (
  INSERT INTO mayfly.exec (run_id, machine_id, argv, who, timeout_us)
  SELECT run_id, id, $2::text[], $3::text, $4::bigint
  FROM machine
  WHERE state = 'held' AND left_us > 0 AND open < $5::int
  RETURNING id, run_id, machine_id
), said AS (
  INSERT INTO mayfly.event (run_id, machine_id, kind, detail)
  SELECT run_id, machine_id, 'machine.exec',
         format('command %s asked by %s: %s', id, $3::text, array_to_string($2::text[], ' '))
  FROM asked
)
SELECT (SELECT id FROM asked), state, run_id, left_us, open FROM machine;
