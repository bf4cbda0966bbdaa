-- Facts for the bill: when the machine ran, by what the provider says. An instant that is absent
-- leaves the one that was recorded.
--
-- $1 bigint run · $2 bigint control · $3 bigint machine · $4 timestamptz running or NULL ·
-- $5 timestamptz ended or NULL · $6 boolean reclaimed
-- Gives the machine, or no row where another controller acts (I9) or it is not there.
-- READ COMMITTED. Plan: run and machine by key.
WITH control AS MATERIALIZED (
  SELECT id FROM mayfly.run WHERE id = $1::bigint AND controller_fence = $2::bigint FOR UPDATE
)
UPDATE mayfly.machine m
SET running_at = coalesce($4::timestamptz, m.running_at),
    ended_at = coalesce($5::timestamptz, m.ended_at),
    reclaimed = m.reclaimed OR $6::boolean
FROM control c
WHERE m.run_id = c.id AND m.id = $3::bigint
RETURNING m.id;
