-- One heartbeat for all slots of a machine, and what the ledger wants of it.
--
-- $1 bigint machine
-- Gives state, drain ordered, run state, reason, deadline in microseconds from now, whether it beats,
-- whether the run has a task that is ready or leased, or keeps a disk just now, and what is left of its hold in microseconds; no
-- row where the machine is not to be seen. READ COMMITTED; does not wait for claims. Plan: machine by
-- key; task_ready and task_leased, of which the first row will do.
WITH beat AS (
  UPDATE mayfly.machine m
  SET heartbeat_at = clock_timestamp()
  WHERE m.id = $1::bigint AND m.state IN ('booting', 'working', 'draining', 'held')
  RETURNING m.id
)
SELECT m.state, m.drain_at IS NOT NULL, r.state, m.reason,
       (extract(epoch FROM m.deadline_at - clock_timestamp()) * 1000000)::bigint,
       (SELECT count(*) FROM beat),
       m.state = 'held'
         OR EXISTS (SELECT FROM mayfly.task t WHERE t.run_id = m.run_id AND t.state = 'ready')
         OR EXISTS (SELECT FROM mayfly.task t WHERE t.run_id = m.run_id AND t.state = 'leased')
         OR EXISTS (SELECT FROM mayfly.kept_disk d
                    WHERE d.run_id = m.run_id AND d.state IN ('intended', 'pending')),
       CASE WHEN m.state = 'held'
            THEN (extract(epoch FROM m.held_until - clock_timestamp()) * 1000000)::bigint END
FROM mayfly.machine m
JOIN mayfly.run r ON r.id = m.run_id
WHERE m.id = $1::bigint;
