-- Who controls a run, and since when; whether that session lives.
--
-- $1 bigint run
-- Gives who, fence, run state, backend pid, backend start, alive. READ COMMITTED.
SELECT r.controller_who, r.controller_fence, r.state, l.pid, a.backend_start, l.pid IS NOT NULL
FROM mayfly.run r
LEFT JOIN pg_locks l ON l.locktype = 'advisory' AND l.classid = 1835102822
  AND l.objid = r.id AND l.objsubid = 2 AND l.granted
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
LEFT JOIN pg_stat_activity a ON a.pid = l.pid
WHERE r.id = $1::bigint;
