-- A look for residue was taken. The same again is harmless.
--
-- $1 bigint run · $2 bigint control · $3 timestamptz began · $4 text[] kinds · $5 bigint microseconds
-- within which things are shown · $6 jsonb found · $7 int seen ended · $8 int not shown · $9 text said
-- Gives the run, or no row where another controller acts (I9). READ COMMITTED. Plan: run by key.
WITH control AS MATERIALIZED (
  SELECT id FROM mayfly.run WHERE id = $1::bigint AND controller_fence = $2::bigint FOR UPDATE
), written AS (
  INSERT INTO mayfly.proof_pass (run_id, fence, began_at, kinds, shown_within_us, found, seen_ended,
                                 not_shown)
  SELECT id, $2::bigint, $3::timestamptz, $4::text[], $5::bigint, $6::jsonb, $7::int, $8::int
  FROM control
  ON CONFLICT DO NOTHING
  RETURNING run_id
), said AS (
  INSERT INTO mayfly.event (run_id, fence, kind, detail)
  SELECT run_id, $2::bigint, 'run.looked', $9::text FROM written
)
SELECT id FROM control;
