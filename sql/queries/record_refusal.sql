-- A pool refused a machine. The same again is harmless.
--
-- $1 bigint run · $2 bigint control · $3 bigint machine · $4 text market · $5 text region ·
-- $6 text zone · $7 text instance type · $8 text kind · $9 text code · $10 text message
-- Gives the run, or no row where another controller acts (I9). READ COMMITTED. Plan: run by key.
WITH control AS MATERIALIZED (
  SELECT id FROM mayfly.run WHERE id = $1::bigint AND controller_fence = $2::bigint FOR UPDATE
), written AS (
  INSERT INTO mayfly.refusal (run_id, machine_id, market, region, zone, instance_type, kind, code,
                              message)
  SELECT id, $3::bigint, $4::text, $5::text, $6::text, $7::text, $8::text, $9::text, $10::text
  FROM control
  ON CONFLICT DO NOTHING
  RETURNING run_id, machine_id
), said AS (
  INSERT INTO mayfly.event (run_id, machine_id, fence, kind, detail)
  SELECT run_id, machine_id, $2::bigint, 'machine.refused',
         format('%s %s in %s: %s: %s', $7::text, $4::text, $6::text, $9::text, $10::text)
  FROM written
)
SELECT id FROM control;
