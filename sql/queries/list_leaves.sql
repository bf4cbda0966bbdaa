-- The leaves that the catalog has under a table; a plain table is its own leaf.
--
-- $1 text table, qualified and quoted
-- Gives names, sorted; no row where there is no such table. READ COMMITTED.
SELECT c.relname
FROM pg_class r
CROSS JOIN LATERAL (
  SELECT p.relid FROM pg_partition_tree(r.oid) p WHERE p.isleaf AND r.relkind = 'p'
  UNION ALL SELECT r.oid WHERE r.relkind = 'r'
) leaf (relid)
JOIN pg_class c ON c.oid = leaf.relid AND c.relkind = 'r'
WHERE r.oid = to_regclass($1::text)
ORDER BY c.relname COLLATE "C";
