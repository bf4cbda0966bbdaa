-- The commands that a machine has to run, oldest first; they count as running from here on. Those that
-- were cancelled before end here. Repeating it is harmless.
--
-- $1 bigint machine · $2 int at most so many
-- Gives command, argv as JSON, who, timeout in microseconds, cancelled. READ COMMITTED.
-- Plan: machine by key, exec_open.
WITH held AS MATERIALIZED (
  SELECT m.id FROM mayfly.machine m
  WHERE m.id = $1::bigint AND m.state = 'held' AND m.held_until > clock_timestamp()
), mine AS MATERIALIZED (
  SELECT e.id, e.state, e.cancelled_at
  FROM mayfly.exec e JOIN held h ON h.id = e.machine_id
  WHERE e.machine_id = $1::bigint AND e.state <> 'ended'
  ORDER BY e.id
  LIMIT $2::int
  FOR UPDATE OF e
), dropped AS (
  UPDATE mayfly.exec e
  SET state = 'ended', ended_at = clock_timestamp(), how = 'cancelled', code = 0
  FROM mine
  WHERE e.id = mine.id AND mine.state = 'asked' AND mine.cancelled_at IS NOT NULL
), taken AS (
  UPDATE mayfly.exec e
  SET state = 'running', started_at = clock_timestamp()
  FROM mine
  WHERE e.id = mine.id AND mine.state = 'asked' AND mine.cancelled_at IS NULL
  RETURNING e.id, e.run_id, e.machine_id
), said AS (
  INSERT INTO mayfly.event (run_id, machine_id, kind, detail)
  SELECT run_id, machine_id, 'machine.exec', format('command %s is started', id) FROM taken
)
SELECT e.id, to_json(e.argv), e.who, e.timeout_us, e.cancelled_at IS NOT NULL
FROM mine
JOIN mayfly.exec e ON e.id = mine.id
WHERE NOT (mine.state = 'asked' AND mine.cancelled_at IS NOT NULL)
ORDER BY e.id;
