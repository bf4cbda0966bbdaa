-- The machines of a run, all that ever were, oldest first. Refused is one that never ran: no pool gave
-- it, or the one that did took it back before it was born. What another pool said first counts for
-- nothing then.
--
-- $1 bigint run
-- REPEATABLE READ with load_run. Plan: machine by run, refusal by key prefix.
SELECT m.id, m.state, m.token, m.external_id, m.slots, m.reason, m.intended_at, m.born_at, m.gone_at,
       (extract(epoch FROM clock_timestamp() - m.heartbeat_at) * 1000000)::bigint,
       (extract(epoch FROM clock_timestamp() - m.intended_at) * 1000000)::bigint,
       (extract(epoch FROM m.deadline_at - clock_timestamp()) * 1000000)::bigint,
       m.noticed_at IS NOT NULL, m.drain_at IS NOT NULL,
       (extract(epoch FROM clock_timestamp() - m.drain_at) * 1000000)::bigint,
       m.market, m.region, m.zone, m.instance_type, m.price_micro_usd, m.highest_micro_usd,
       m.billed_least_us, m.free_if_reclaimed_us, m.disk_gb, m.addresses, m.running_at, m.ended_at,
       m.reclaimed, m.offers,
       m.born_at IS NULL AND m.running_at IS NULL AND EXISTS (
         SELECT FROM mayfly.refusal f
         WHERE f.run_id = m.run_id AND f.machine_id = m.id
           AND (coalesce(m.external_id, '') = ''
                OR (f.market, f.region, f.zone, f.instance_type)
                   = (m.market, m.region, m.zone, m.instance_type))),
       m.held_until, (extract(epoch FROM m.held_until - clock_timestamp()) * 1000000)::bigint
FROM mayfly.machine m
WHERE m.run_id = $1::bigint
ORDER BY m.id;
