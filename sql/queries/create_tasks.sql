-- Tasks of a new run: skipped, blocked, or ready at once.
--
-- $1 bigint run · $2 bigint[] stages · $3 bigint[] priorities · $4 bigint[] batches ·
-- $5 bigint[] missing needs (-1: the stage is skipped) · $6 bigint[] retries · $7 bigint[] setbacks ·
-- $8 text[] points (JSON) · $9 text[] point keys
-- Gives the ids in order. READ COMMITTED, in the Create transaction.
INSERT INTO mayfly.task (run_id, stage_id, priority, batch, state, missing, retries, max_setbacks,
                         point, point_key)
SELECT $1::bigint, g.stage, g.priority, g.batch,
       CASE WHEN g.missing < 0 THEN 'skipped' WHEN g.missing > 0 THEN 'blocked' ELSE 'ready'
       END::mayfly.task_state,
       greatest(g.missing, 0), g.retries, g.setbacks, g.point::jsonb, g.key
FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
            $8::text[], $9::text[]) WITH ORDINALITY
  AS g (stage, priority, batch, missing, retries, setbacks, point, key, n)
ORDER BY g.n
RETURNING id;
