-- The open wish of a run to hold a machine, if there is one.
--
-- $1 bigint run
-- REPEATABLE READ with load_run. Plan: hold_open.
SELECT h.id, h.state, h.wished_machine_id, h.length_us, h.who, h.note, h.machine_id
FROM mayfly.hold h
WHERE h.run_id = $1::bigint AND h.state IN ('asked', 'promised');
