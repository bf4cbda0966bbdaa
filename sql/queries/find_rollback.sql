-- What readers see now, and the run before it that still has its schema.
--
-- $1 text phase
-- Gives current run, earlier run (NULL: none), its schema, reader schema; no row where nothing was
-- published. READ COMMITTED. Plan: run_of_phase, publication by schema.
WITH shown AS (
  SELECT p.run_id, p.reader_schema
  FROM mayfly.publication p
  JOIN mayfly.run r ON r.id = p.run_id
  WHERE r.phase = $1::text
  ORDER BY p.id DESC
  LIMIT 1
), first_publication AS (
  SELECT p.run_id, p.reader_schema, min(p.id) AS id
  FROM mayfly.publication p
  JOIN shown s ON s.reader_schema = p.reader_schema
  GROUP BY p.run_id, p.reader_schema
), earlier AS (
  SELECT f.run_id
  FROM first_publication f
  JOIN shown s ON true
  JOIN first_publication current ON current.run_id = s.run_id
  JOIN mayfly.run r ON r.id = f.run_id AND r.dropped_at IS NULL
  WHERE f.id < current.id
  ORDER BY f.id DESC
  LIMIT 1
)
SELECT s.run_id, e.run_id, r.schema_name, s.reader_schema
FROM shown s
LEFT JOIN earlier e ON true
LEFT JOIN mayfly.run r ON r.id = e.run_id;
