-- Moves a stage.
--
-- $1 bigint run · $2 bigint control · $3 bigint stage · $4 text state · $5 text reason
-- Gives the stage, or no row where another controller acts (I9) or it is not there. An illegal step
-- raises MF001. READ COMMITTED. Plan: run and stage by key.
WITH control AS MATERIALIZED (
  SELECT id FROM mayfly.run WHERE id = $1::bigint AND controller_fence = $2::bigint FOR UPDATE
), old AS MATERIALIZED (
  SELECT s.id, s.state FROM mayfly.stage s JOIN control c ON c.id = s.run_id
  WHERE s.id = $3::bigint FOR UPDATE OF s
), moved AS (
  UPDATE mayfly.stage s
  SET state = $4::mayfly.stage_state, note = $5::text
  FROM old
  WHERE s.id = old.id
  RETURNING s.id, s.run_id, s.name, old.state AS was
), said AS (
  INSERT INTO mayfly.event (run_id, fence, kind, detail)
  SELECT run_id, $2::bigint, 'stage.' || $4::text, name || ': ' || $5::text
  FROM moved WHERE was <> $4::mayfly.stage_state
)
SELECT id FROM moved;
