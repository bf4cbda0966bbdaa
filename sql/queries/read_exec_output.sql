-- What a command printed, from a part on.
--
-- $1 bigint command · $2 bigint from this part · $3 int at most so many
-- READ COMMITTED. Plan: exec_output by key.
SELECT encode(o.data, 'hex')
FROM mayfly.exec_output o
WHERE o.exec_id = $1::bigint AND o.part >= $2::bigint
ORDER BY o.part
LIMIT $3::int;
