-- The stages of a run with their tasks counted, the time of the canary, and what a task that waits for
-- the operator was not allowed to do.
--
-- $1 bigint run
-- REPEATABLE READ with load_run. Plan: stages of the run, tasks by stage, attempts by key.
SELECT s.id, s.name, s.kind, s.state, s.note, c.blocked, c.ready, c.leased, c.done, c.quarantined,
       c.skipped, c.rows, canary.seconds, denied.error
FROM mayfly.stage s
LEFT JOIN LATERAL (
  SELECT count(*) FILTER (WHERE t.state = 'blocked') AS blocked,
         count(*) FILTER (WHERE t.state = 'ready') AS ready,
         count(*) FILTER (WHERE t.state = 'leased') AS leased,
         count(*) FILTER (WHERE t.state = 'done') AS done,
         count(*) FILTER (WHERE t.state = 'quarantined') AS quarantined,
         count(*) FILTER (WHERE t.state = 'skipped') AS skipped,
         coalesce(sum(t.rows) FILTER (WHERE t.state = 'done'), 0)::bigint AS rows
  FROM mayfly.task t
  WHERE t.stage_id = s.id
) c ON true
LEFT JOIN LATERAL (
  SELECT a.seconds
  FROM mayfly.task t
  JOIN mayfly.attempt a ON a.fence = t.fence AND a.outcome = 'done'
  WHERE c.done > 0 AND t.stage_id = s.id AND t.state = 'done'
  ORDER BY t.priority
  LIMIT 1
) canary ON true
LEFT JOIN LATERAL (
  SELECT a.error
  FROM mayfly.task t
  JOIN mayfly.attempt a ON a.fence = t.fence AND a.error_kind = 'denied'
  WHERE c.quarantined > 0 AND t.stage_id = s.id AND t.state = 'quarantined'
  ORDER BY t.priority
  LIMIT 1
) denied ON true
WHERE s.run_id = $1::bigint
ORDER BY s.ordinal;
