-- Indexes of users' tables that cost writes and give nothing back: never read, or the beginning of
-- another one. Those of a partitioned table count as one. What mayfly made is left out.
--
-- Gives index, table, bytes, scans since the statistics began, the index that it repeats (or NULL).
-- READ COMMITTED. Plan: hash joins over pg_index and the statistics views.
WITH one AS (
  SELECT coalesce(pg_partition_root(x.indexrelid)::oid, x.indexrelid) AS root,
         sum(pg_relation_size(x.indexrelid)) AS bytes, sum(coalesce(s.idx_scan, 0)) AS scans
  FROM pg_index x
  JOIN pg_class t ON t.oid = x.indrelid AND t.relkind IN ('r', 'p', 'm')
  JOIN pg_namespace n ON n.oid = t.relnamespace
  LEFT JOIN pg_stat_all_indexes s ON s.indexrelid = x.indexrelid
  WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_toast%'
    AND NOT n.nspname LIKE 'pg\_temp%' AND pg_get_userbyid(t.relowner) <> 'mayfly_owner'
  GROUP BY 1
), known AS (
  SELECT one.root, one.bytes, one.scans, x.indrelid, x.indisunique,
         x.indisunique OR x.indisprimary OR x.indisexclusion OR x.indisreplident AS is_needed,
         x.indkey::text || ' ' AS columns, x.indclass::text || ' ' AS classes,
         x.indcollation::text || ' ' AS collations, x.indoption::text || ' ' AS options,
         pg_get_expr(x.indpred, x.indrelid) AS predicate, x.indexprs IS NULL AS is_plain, c.relam,
         format('%I.%I', n.nspname, c.relname) AS name,
         format('%I.%I', n.nspname, t.relname) AS table_name
  FROM one
  JOIN pg_index x ON x.indexrelid = one.root AND x.indisvalid
  JOIN pg_class c ON c.oid = one.root
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_class t ON t.oid = x.indrelid
)
SELECT k.name, k.table_name, k.bytes, k.scans, same.name
FROM known k
LEFT JOIN LATERAL (
  SELECT o.name
  FROM known o
  WHERE o.indrelid = k.indrelid AND o.root <> k.root AND o.relam = k.relam
    AND k.is_plain AND o.is_plain AND NOT k.is_needed
    AND o.predicate IS NOT DISTINCT FROM k.predicate
    AND starts_with(o.columns, k.columns) AND starts_with(o.classes, k.classes)
    AND starts_with(o.collations, k.collations) AND starts_with(o.options, k.options)
    AND (o.columns <> k.columns OR o.is_needed OR o.root < k.root)
  ORDER BY o.is_needed DESC, length(o.columns), o.root
  LIMIT 1) same ON true
WHERE same.name IS NOT NULL OR (k.scans = 0 AND NOT k.is_needed)
ORDER BY k.bytes DESC, 1;
