-- Keeps findings.
--
-- $1 bigint run · $2 bigint task · $3 text[] stages · $4 text[] places · $5 text[] checks ·
-- $6 text[] verdicts · $7 text[] expected · $8 text[] found
-- READ COMMITTED, in one transaction with drop_findings.
INSERT INTO mayfly.finding (run_id, task_id, stage, place, check_name, verdict, expected, found)
SELECT $1::bigint, $2::bigint, g.stage, g.place, g.check_name, g.verdict::mayfly.verdict,
       g.expected, g.found
FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
  AS g (stage, place, check_name, verdict, expected, found);
