-- What every task of a new run writes.
--
-- $1 bigint run · $2 bigint[] tasks · $3 text[] names · $4 text[] points (JSON) ·
-- $5 text[] begins (empty: unbounded) · $6 text[] ends (empty: unbounded) · $7 bigint[] ordinals
-- READ COMMITTED, in the Create transaction.
INSERT INTO mayfly.leaf (run_id, task_id, name, point, begin_at, end_at, ordinal)
SELECT $1::bigint, g.task, g.name, g.point::jsonb, nullif(g.begin_at, '')::timestamptz,
       nullif(g.end_at, '')::timestamptz, g.ordinal
FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])
  AS g (task, name, point, begin_at, end_at, ordinal);
