-- A run as people and the controller look at it.
--
-- $1 bigint run
-- REPEATABLE READ with load_stages and load_machines. Plan: run by key, finding by key prefix,
-- task_leased.
SELECT r.phase, r.plan_hash, r.state, r.verdict, r.schema_name, r.reader_schema, r.reason,
       r.stop_wish, r.published_at IS NOT NULL, r.created_at, r.approved_at, r.closed_at,
       (extract(epoch FROM r.deadline_at - clock_timestamp()) * 1000000)::bigint,
       (extract(epoch FROM clock_timestamp() - pg_postmaster_start_time()) * 1000000)::bigint,
       (SELECT count(*) FROM mayfly.finding f WHERE f.run_id = r.id AND f.verdict <> 'pass'),
       (SELECT count(*) FROM mayfly.finding f WHERE f.run_id = r.id),
       (SELECT count(*) FROM mayfly.task t JOIN mayfly.machine m ON m.id = t.machine_id
        WHERE t.state = 'leased' AND t.run_id = r.id AND m.state = 'gone'),
       r.controller_fence,
       r.dropped_at, clock_timestamp(),
       CASE WHEN r.state = 'finishing'
                 AND EXISTS (SELECT FROM mayfly.stage o
                             WHERE o.run_id = r.id AND o.kind = 'optimise' AND o.state = 'complete')
            THEN (SELECT count(*)
                  FROM mayfly.stage s
                  JOIN mayfly.task t ON t.stage_id = s.id
                  JOIN mayfly.leaf l ON l.task_id = t.id
                  WHERE s.run_id = r.id AND s.kind IN ('sql', 'command') AND l.rows > 0
                    AND l.vacuumed_at IS NULL)
            ELSE 0 END,
       r.waiting_for, r.waiting_until
FROM mayfly.run r
WHERE r.id = $1::bigint;
