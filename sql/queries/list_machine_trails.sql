-- What is kept of the words of each machine of a run, oldest machine first.
--
-- $1 bigint run
-- READ COMMITTED. Plan: machine by run; log and event of the run by key prefix, each once.
SELECT m.id, coalesce(l.lines, 0), l.last_line, m.heartbeat_at, e.left_at
FROM mayfly.machine m
LEFT JOIN (
  SELECT machine_id, count(*) AS lines, max(at) AS last_line
  FROM mayfly.log WHERE run_id = $1::bigint AND machine_id IS NOT NULL
  GROUP BY machine_id
) l ON l.machine_id = m.id
LEFT JOIN (
  SELECT machine_id, max(at) AS left_at
  FROM mayfly.event WHERE run_id = $1::bigint AND kind = 'machine.left'
  GROUP BY machine_id
) e ON e.machine_id = m.id
WHERE m.run_id = $1::bigint
ORDER BY m.id;
