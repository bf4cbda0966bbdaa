-- From when to when the stages of a run were worked on, in how many attempts.
--
-- $1 bigint run
-- READ COMMITTED. Plan: stages of the run, tasks by stage, attempts by task.
SELECT s.name, min(a.started_at), max(a.ended_at), count(*),
       count(*) FILTER (WHERE a.outcome <> 'done')
FROM mayfly.stage s
JOIN mayfly.task t ON t.stage_id = s.id
JOIN mayfly.attempt a ON a.task_id = t.id
WHERE s.run_id = $1::bigint
GROUP BY s.ordinal, s.name
ORDER BY s.ordinal;
