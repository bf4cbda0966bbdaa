-- Takes a free one of the database's writer tokens, from this slot's own on.
--
-- $1 int tokens · $2 int slot
-- Gives one boolean: was one free? Held until the transaction ends. The token is an advisory lock;
-- its first key is "mayf" as a number, its second the token. READ COMMITTED. Plan: a function scan
-- that stops at the first token it gets.
SELECT EXISTS (
  SELECT FROM generate_series(0, $1::int - 1) AS g (n)
  WHERE pg_try_advisory_xact_lock(1835104614, ($2::int + g.n) % $1::int));
