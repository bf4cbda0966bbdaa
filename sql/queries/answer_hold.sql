-- An open wish to hold a machine is promised, or refused for a reason.
--
-- $1 bigint run · $2 bigint control · $3 bigint hold · $4 text state · $5 text note
-- Gives the hold, or no row where another controller acts (I9) or it is not open any more.
-- READ COMMITTED. Plan: run and hold by key.
WITH control AS MATERIALIZED (
  SELECT id FROM mayfly.run WHERE id = $1::bigint AND controller_fence = $2::bigint FOR UPDATE
), answered AS (
  UPDATE mayfly.hold h
  SET state = $4::mayfly.hold_state, note = $5::text,
      closed_at = CASE WHEN $4::text = 'refused' THEN clock_timestamp() END
  FROM control c
  WHERE h.run_id = c.id AND h.id = $3::bigint AND h.state IN ('asked', 'promised')
  RETURNING h.id, h.run_id
), said AS (
  INSERT INTO mayfly.event (run_id, fence, kind, detail)
  SELECT run_id, $2::bigint, 'run.hold', format('hold %s is %s: %s', id, $4::text, $5::text)
  FROM answered
)
SELECT id FROM answered;
