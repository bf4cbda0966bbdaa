-- The stages of a new run.
--
-- $1 bigint run · $2 text[] names · $3 text[] kinds · $4 text[] tables (empty: none) ·
-- $5 text[] why skipped (empty: it is not)
-- Gives the ids in order. READ COMMITTED, in the Create transaction.
INSERT INTO mayfly.stage (run_id, ordinal, name, kind, table_name, state, note)
SELECT $1::bigint, g.n, g.name, g.kind, nullif(g.table_name, ''),
       CASE WHEN g.skipped = '' THEN 'blocked' ELSE 'skipped' END::mayfly.stage_state, g.skipped
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY
  AS g (name, kind, table_name, skipped, n)
ORDER BY g.n
RETURNING id;
