-- Moves a run. To `running` clears the stop wish and the last verdict.
--
-- $1 bigint run · $2 bigint control · $3 text state · $4 text reason · $5 text verdict or NULL
-- Gives the run, or no row where another controller acts (I9). An illegal step raises MF001.
-- READ COMMITTED. Plan: run by key.
WITH old AS MATERIALIZED (
  SELECT id, state FROM mayfly.run
  WHERE id = $1::bigint AND controller_fence = $2::bigint
  FOR UPDATE
), moved AS (
  UPDATE mayfly.run r
  SET state = $3::mayfly.run_state, reason = $4::text,
      verdict = CASE WHEN r.published_at IS NOT NULL THEN r.verdict
                     WHEN $3::text = 'running' THEN NULL
                     ELSE coalesce($5::mayfly.verdict, r.verdict) END,
      stop_wish = CASE WHEN $3::text IN ('running', 'closed', 'cancelled') THEN 'none'
                       ELSE r.stop_wish END,
      closed_at = CASE WHEN $3::text IN ('closed', 'cancelled')
                       THEN coalesce(r.closed_at, clock_timestamp()) END
  FROM old
  WHERE r.id = old.id
  RETURNING r.id, old.state AS was
), said AS (
  INSERT INTO mayfly.event (run_id, fence, kind, detail)
  SELECT id, $2::bigint, 'run.' || $3::text, $4::text FROM moved WHERE was <> $3::mayfly.run_state
)
SELECT id FROM moved;
