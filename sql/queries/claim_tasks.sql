-- Leases the first ready task of a run, and more tasks of its batch, to one slot.
--
-- $1 bigint machine · $2 bigint run · $3 int slot · $4 int at most so many ·
-- $5 timestamptz backend_start of this session
-- Gives one row for every leased task; where none was leased, one row with a NULL task that says
-- how the machine and the run stand; no row where the machine is not to be seen at all.
-- READ COMMITTED. The KEY SHARE lock lets heartbeats pass and makes the reaper wait (I1).
-- Plan: index scans of task_ready and task_ready_batch, one row of machine and run by key.
WITH me AS MATERIALIZED (
  SELECT m.state, m.drain_at IS NOT NULL AS drained, r.state AS run_state,
         m.state IN ('booting', 'working') AND m.drain_at IS NULL AND r.state = 'running' AS may
  FROM mayfly.machine m
  JOIN mayfly.run r ON r.id = m.run_id
  WHERE m.id = $1::bigint AND m.run_id = $2::bigint
  FOR KEY SHARE OF m
), first AS MATERIALIZED (
  SELECT t.id, t.batch
  FROM mayfly.task t
  WHERE t.run_id = $2::bigint AND t.state = 'ready' AND (SELECT may FROM me)
  ORDER BY t.priority
  LIMIT 1
  FOR UPDATE SKIP LOCKED
), more AS MATERIALIZED (
  SELECT t.id
  FROM mayfly.task t
  WHERE t.run_id = $2::bigint AND t.state = 'ready' AND t.batch = (SELECT batch FROM first)
    AND t.id <> (SELECT id FROM first)
  ORDER BY t.priority
  LIMIT greatest($4::int - 1, 0)
  FOR UPDATE SKIP LOCKED
), leased AS (
  UPDATE mayfly.task t
  SET state = 'leased', fence = nextval('mayfly.fence'), attempts = t.attempts + 1,
      machine_id = $1::bigint, slot = $3::int, leased_at = clock_timestamp(),
      backend_pid = pg_backend_pid(), backend_start = $5::timestamptz
  WHERE t.id = ANY (ARRAY(SELECT id FROM first UNION ALL SELECT id FROM more))
  RETURNING t.id, t.fence, t.stage_id, t.point, t.attempts, t.priority
), said AS (
  INSERT INTO mayfly.event (run_id, task_id, machine_id, fence, kind)
  SELECT $2::bigint, id, $1::bigint, fence, 'task.leased' FROM leased
)
SELECT me.state, me.drained, me.run_state, l.id, l.fence, s.name, l.point, l.attempts,
       (SELECT jsonb_agg(jsonb_build_array(f.name, f.point,
                                           (extract(epoch FROM f.begin_at) * 1000000)::bigint,
                                           (extract(epoch FROM f.end_at) * 1000000)::bigint)
                         ORDER BY f.ordinal)
        FROM mayfly.leaf f WHERE f.task_id = l.id)
FROM me
LEFT JOIN (leased l JOIN mayfly.stage s ON s.id = l.stage_id) ON true
ORDER BY l.priority;
