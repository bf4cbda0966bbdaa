-- A plan that somebody is shown. The same hash again replaces it: the upper bound is the same.
--
-- $1 text hash · $2 text core · $3 text phase · $4 jsonb quote
-- READ COMMITTED. Plan: kept_plan by key.
INSERT INTO mayfly.kept_plan (hash, core, phase, quote)
VALUES ($1::text, $2::text, $3::text, $4::jsonb)
ON CONFLICT (hash) DO UPDATE
SET core = excluded.core, phase = excluded.phase, quote = excluded.quote,
    kept_at = clock_timestamp();
