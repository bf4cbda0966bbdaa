-- Waits for this slot's own writer token (try_writer.sql); others are not tried again.
--
-- $1 int tokens · $2 int slot
-- Gives one row when the token is held, until the transaction ends. The wait keeps a snapshot, as
-- any statement does; nothing was read with it. READ COMMITTED. Plan: one function call.
SELECT pg_advisory_xact_lock(1835104614, $2::int % $1::int);
