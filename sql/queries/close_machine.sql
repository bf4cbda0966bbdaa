-- First step of reaping: no claim after this one's commit, and none in flight (FOR UPDATE waits for
-- every KEY SHARE of a claim).
--
-- $1 bigint run · $2 bigint control · $3 bigint machine · $4 text reason
-- Gives login (NULL: gone), or no row where another controller acts (I9) or it is not there.
-- READ COMMITTED. Plan: run and machine by key.
WITH control AS MATERIALIZED (
  SELECT id FROM mayfly.run WHERE id = $1::bigint AND controller_fence = $2::bigint FOR UPDATE
), old AS MATERIALIZED (
  SELECT m.id, m.run_id, m.login, m.state FROM mayfly.machine m JOIN control c ON c.id = m.run_id
  WHERE m.id = $3::bigint FOR UPDATE OF m
), moved AS (
  UPDATE mayfly.machine m
  SET state = 'ending', ending_at = clock_timestamp(), reason = $4::text
  FROM old
  WHERE m.id = old.id AND old.state NOT IN ('ending', 'gone')
  RETURNING m.id, m.run_id
), said AS (
  INSERT INTO mayfly.event (run_id, machine_id, fence, kind, detail)
  SELECT run_id, id, $2::bigint, 'machine.ending', $4::text FROM moved
)
SELECT login FROM old;
