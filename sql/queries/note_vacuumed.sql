-- These leaves were vacuumed.
--
-- $1 bigint run · $2 text[] leaves
-- READ COMMITTED. Plan: leaf by key.
UPDATE mayfly.leaf l
SET vacuumed_at = clock_timestamp()
WHERE l.run_id = $1::bigint AND l.name = ANY ($2::text[]);
