-- Fact: the machine exists, and in which pool it is. One that reported already stays where it is.
--
-- $1 bigint run · $2 bigint control · $3 bigint machine · $4 text external id ·
-- $5 int slots, or 0 for those of the intent · $6 text market or NULL for the intended pool ·
-- $7 text region · $8 text zone · $9 text instance type · $10 bigint price ·
-- $11 bigint highest price (micro-dollars an hour)
-- Gives the machine, or no row where another controller acts (I9) or it is not there.
-- READ COMMITTED. Plan: run and machine by key.
WITH control AS MATERIALIZED (
  SELECT id FROM mayfly.run WHERE id = $1::bigint AND controller_fence = $2::bigint FOR UPDATE
), moved AS (
  UPDATE mayfly.machine m
  SET state = CASE m.state WHEN 'intended' THEN 'booting' ELSE m.state END,
      launched_at = coalesce(m.launched_at, clock_timestamp()), external_id = $4::text,
      slots = CASE WHEN m.slots = 0 THEN $5::int ELSE m.slots END,
      market = coalesce($6::text, m.market), region = coalesce($7::text, m.region),
      zone = coalesce($8::text, m.zone), instance_type = coalesce($9::text, m.instance_type),
      price_micro_usd = coalesce($10::bigint, m.price_micro_usd),
      highest_micro_usd = coalesce($11::bigint, m.highest_micro_usd)
  FROM control c
  WHERE m.run_id = c.id AND m.id = $3::bigint
  RETURNING m.id, m.run_id
), said AS (
  INSERT INTO mayfly.event (run_id, machine_id, fence, kind, detail)
  SELECT run_id, id, $2::bigint, 'machine.launched', $4::text FROM moved
)
SELECT id FROM moved;
