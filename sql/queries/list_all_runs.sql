-- Every run that ever was, as a sweep asks: is it over, and since when?
--
-- No parameters. READ COMMITTED. Plan: run by sequential scan.
SELECT id, phase, state, closed_at
FROM mayfly.run
ORDER BY id;
