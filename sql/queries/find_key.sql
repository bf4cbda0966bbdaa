-- A valid unique index over exactly these columns.
--
-- $1 text table, qualified and quoted · $2 text[] columns
-- Gives the index, or no row. READ COMMITTED.
SELECT i.indexrelid::regclass::text
FROM pg_index i
WHERE i.indrelid = to_regclass($1::text) AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
  AND i.indexprs IS NULL
  AND (SELECT array_agg(a.attname::text ORDER BY a.attname::text)
       FROM pg_attribute a
       WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey::int2[]))
      = (SELECT array_agg(k ORDER BY k) FROM unnest($2::text[]) AS k);
