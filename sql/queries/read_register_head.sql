-- What tells this ledger from every other, and the time that its runs and machines are dated by.
--
-- No parameters. READ COMMITTED. Plan: one row.
SELECT id, clock_timestamp()
FROM mayfly.identity;
