-- Every machine that ever was, and the regions that it may be in.
--
-- No parameters. READ COMMITTED. Plan: machine by sequential scan, its offers taken apart.
SELECT m.id, m.run_id, m.state, m.provider, m.external_id, m.intended_at, m.heartbeat_at, m.gone_at,
       m.region, coalesce(o.regions, '')
FROM mayfly.machine m
LEFT JOIN LATERAL (SELECT string_agg(DISTINCT offer ->> 'region', ',') AS regions
                   FROM jsonb_array_elements(m.offers) AS offer) o ON true
ORDER BY m.id;
