-- Makes room for newer findings about the same places.
--
-- $1 bigint run · $2 text[] stages · $3 text[] places
-- READ COMMITTED, in one transaction with add_findings. Plan: finding by key prefix.
DELETE FROM mayfly.finding f
USING (SELECT DISTINCT * FROM unnest($2::text[], $3::text[]) AS u (stage, place)) g
WHERE f.run_id = $1::bigint AND f.stage = g.stage AND f.place = g.place;
