-- A plan that was shown, by its hash.
--
-- $1 text hash
-- READ COMMITTED. Plan: kept_plan by key.
SELECT k.core, k.quote FROM mayfly.kept_plan k WHERE k.hash = $1::text;
