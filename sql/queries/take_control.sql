-- The other half: a fence greater than any before (I2, I9).
--
-- $1 bigint run · $2 text who · $3 timestamptz backend_start of this session
-- Gives the fence, or no row. READ COMMITTED. Plan: run by key.
WITH taken AS (
  UPDATE mayfly.run
  SET controller_fence = nextval('mayfly.fence'), controller_who = $2::text,
      controller_pid = pg_backend_pid(), controller_backend_start = $3::timestamptz
  WHERE id = $1::bigint
  RETURNING id, controller_fence
), said AS (
  INSERT INTO mayfly.event (run_id, fence, kind, detail)
  SELECT id, controller_fence, 'run.control', $2::text FROM taken
)
SELECT controller_fence FROM taken;
