-- Keeps lines of output.
--
-- $1 bigint run · $2 bigint machine · $3 bigint[] tasks (0: none) · $4 text source · $5 text[] texts
-- READ COMMITTED, a transaction of its own: a line must outlive the work it is about.
INSERT INTO mayfly.log (run_id, machine_id, task_id, source, text)
SELECT $1::bigint, $2::bigint, nullif(g.task, 0), $4::text, g.text
FROM unnest($3::bigint[], $5::text[]) WITH ORDINALITY AS g (task, text, n)
ORDER BY g.n;
