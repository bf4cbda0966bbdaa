-- A wish to hold a machine, and what became of it.
--
-- $1 bigint hold
-- READ COMMITTED. Plan: hold by key.
SELECT h.id, h.state, h.wished_machine_id, h.length_us, h.who, h.note, h.machine_id
FROM mayfly.hold h
WHERE h.id = $1::bigint;
