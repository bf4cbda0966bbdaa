-- Keeps a part of what a command printed; the same part again is harmless.
--
-- $1 bigint command · $2 bigint part · $3 text its bytes in hexadecimal
-- READ COMMITTED. Plan: exec_output by key.
INSERT INTO mayfly.exec_output (exec_id, part, data)
VALUES ($1::bigint, $2::bigint, decode($3::text, 'hex'))
ON CONFLICT (exec_id, part) DO NOTHING;
