-- Accepts finished tasks: done, attempts closed, leaves accepted, dependents closer to ready.
--
-- $1 bigint run · $2 bigint[] tasks · $3 bigint[] fences · $4 bigint[] rows · $5 float8[] seconds ·
-- $6 text[] figures (JSON, or empty) · $7 text[] leaves written · $8 bigint[] their rows ·
-- $9 text schema of the run
-- Gives one row: tasks accepted, leaves accepted, tasks made ready. The caller rolls back unless
-- the first two are as many as it gave (I2, I3). READ COMMITTED, last statements of the open
-- transaction. Dependents are locked in the order of their ids, so completions cannot deadlock.
-- Plan: task, need and leaf by key for each element; no scan of a whole table.
WITH given AS MATERIALIZED (
  SELECT * FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::float8[], $6::text[])
    AS g (id, fence, rows, seconds, figures)
), done AS (
  UPDATE mayfly.task t
  SET state = 'done', rows = g.rows, done_at = clock_timestamp(), last_error = '',
      backend_pid = NULL, backend_start = NULL
  FROM given g
  WHERE t.id = g.id AND t.fence = g.fence AND t.state = 'leased' AND t.id = ANY ($2::bigint[])
  RETURNING t.id, t.fence, t.machine_id, t.slot, t.leased_at, g.rows, g.seconds, g.figures
), closed AS (
  INSERT INTO mayfly.attempt (fence, run_id, task_id, machine_id, slot, started_at, outcome, rows,
                              seconds, figures)
  SELECT fence, $1::bigint, id, machine_id, slot, leased_at, 'done', rows, seconds,
         nullif(figures, '')::jsonb
  FROM done
), said AS (
  INSERT INTO mayfly.event (run_id, task_id, machine_id, fence, kind)
  SELECT $1::bigint, id, machine_id, fence, 'task.done' FROM done
), kept AS (
  UPDATE mayfly.leaf l
  SET rows = w.rows, accepted_fence = d.fence, accepted_xid = pg_current_xact_id()::text::bigint,
      storage = pg_relation_filenode(format('%I.%I', $9::text, w.name)::regclass)
  FROM unnest($7::text[], $8::bigint[]) AS w (name, rows), done d
  WHERE l.run_id = $1::bigint AND l.name = w.name AND l.task_id = d.id
  RETURNING l.name
), waiting AS MATERIALIZED (
  SELECT n.task_id AS id, count(*)::int AS met
  FROM mayfly.need n
  WHERE n.on_task_id = ANY (ARRAY(SELECT id FROM done))
  GROUP BY n.task_id
), locked AS MATERIALIZED (
  SELECT t.id, w.met
  FROM waiting w
  JOIN mayfly.task t ON t.id = w.id AND t.state = 'blocked'
  WHERE t.id = ANY (ARRAY(SELECT id FROM waiting))
  ORDER BY t.id
  FOR UPDATE OF t
), freed AS (
  UPDATE mayfly.task t
  SET missing = t.missing - l.met,
      state = CASE WHEN t.missing = l.met THEN 'ready'::mayfly.task_state ELSE t.state END
  FROM locked l
  WHERE t.id = l.id AND t.id = ANY (ARRAY(SELECT id FROM waiting))
  RETURNING t.state
)
SELECT (SELECT count(*) FROM done), (SELECT count(*) FROM kept),
       (SELECT count(*) FROM freed WHERE state = 'ready');
