-- A price that was seen, from an instant on. The same point again is harmless.
--
-- $1 bigint run · $2 bigint control · $3 text item · $4 text region · $5 text zone ·
-- $6 text instance type · $7 text market · $8 timestamptz from · $9 bigint micro-dollars · $10 text unit
-- Gives the run, or no row where another controller acts (I9). READ COMMITTED. Plan: run by key.
WITH control AS MATERIALIZED (
  SELECT id FROM mayfly.run WHERE id = $1::bigint AND controller_fence = $2::bigint FOR UPDATE
), written AS (
  INSERT INTO mayfly.price (run_id, item, region, zone, instance_type, market, from_at, micro_usd,
                            unit)
  SELECT id, $3::text, $4::text, $5::text, $6::text, $7::text, $8::timestamptz, $9::bigint, $10::text
  FROM control
  ON CONFLICT DO NOTHING
)
SELECT id FROM control;
