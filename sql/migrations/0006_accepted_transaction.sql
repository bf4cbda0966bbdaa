-- Which transaction wrote an accepted leaf: every row of it carries that number, so counting the rows
-- that do not is proof that nobody else wrote there.

SET LOCAL ROLE mayfly_owner;

ALTER TABLE mayfly.leaf ADD COLUMN accepted_xid bigint;
GRANT UPDATE (accepted_xid) ON mayfly.leaf TO mayfly_worker;
