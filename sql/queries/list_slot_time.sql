-- What the slots of every machine spent their time on, by stage. Tasks of one claim are leased
-- together, so that what was done counts by its own clock and not by its lease.
--
-- $1 bigint run
-- READ COMMITTED. Plan: stages of the run, tasks by stage, attempts by task.
SELECT a.machine_id, s.name, a.outcome <> 'done' AS lost,
       (sum(CASE WHEN a.outcome = 'done' THEN greatest(a.seconds, 0)
                 ELSE extract(epoch FROM a.ended_at - a.started_at)::float8 END) * 1000000)::bigint
FROM mayfly.stage s
JOIN mayfly.task t ON t.stage_id = s.id
JOIN mayfly.attempt a ON a.task_id = t.id
WHERE s.run_id = $1::bigint
GROUP BY a.machine_id, s.ordinal, s.name, a.outcome <> 'done'
ORDER BY s.ordinal, a.machine_id, lost;
