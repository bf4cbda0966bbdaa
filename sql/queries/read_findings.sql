-- What the checks found, stage by stage.
--
-- $1 bigint run
-- READ COMMITTED. Plan: finding by key prefix.
SELECT f.stage, f.check_name, f.place, f.verdict, f.expected, f.found
FROM mayfly.finding f
LEFT JOIN mayfly.stage s ON s.run_id = f.run_id AND s.name = f.stage
WHERE f.run_id = $1::bigint
ORDER BY s.ordinal, f.id;
