-- What tells this ledger from every other.
--
-- No parameters. READ COMMITTED. Plan: one row.
SELECT id FROM mayfly.identity;
