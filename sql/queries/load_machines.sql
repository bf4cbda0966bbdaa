-- The machines of a run, all that ever were, oldest first.
--
-- $1 bigint run
-- REPEATABLE READ with load_run. Plan: machine by run.
SELECT m.id, m.state, m.token, m.external_id, m.slots, m.reason, m.intended_at, m.born_at, m.gone_at,
       (extract(epoch FROM clock_timestamp() - m.heartbeat_at) * 1000000)::bigint,
       (extract(epoch FROM clock_timestamp() - m.intended_at) * 1000000)::bigint,
       (extract(epoch FROM m.deadline_at - clock_timestamp()) * 1000000)::bigint,
       m.noticed_at IS NOT NULL, m.drain_at IS NOT NULL,
       (extract(epoch FROM clock_timestamp() - m.drain_at) * 1000000)::bigint
FROM mayfly.machine m
WHERE m.run_id = $1::bigint
ORDER BY m.id;
