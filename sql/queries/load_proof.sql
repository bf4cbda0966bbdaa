-- The newest looks for residue of a run, oldest first.
--
-- $1 bigint run
-- REPEATABLE READ with load_run. Plan: proof_pass by key prefix, backwards.
SELECT * FROM (
  SELECT p.began_at, to_jsonb(p.kinds), p.shown_within_us, p.found, p.seen_ended, p.not_shown
  FROM mayfly.proof_pass p
  WHERE p.run_id = $1::bigint
  ORDER BY p.began_at DESC
  LIMIT 20
) newest
ORDER BY began_at;
