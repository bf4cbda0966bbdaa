-- How a command ended, and whether its machine left without a word of it. It is asked before the
-- output, so that an end is never told before all that was printed.
--
-- $1 bigint command
-- READ COMMITTED. Plan: exec and machine by key.
SELECT e.state, e.how, e.code, e.note,
       e.state <> 'ended' AND (m.state <> 'held'
                               OR m.held_until < clock_timestamp() - interval '15 seconds')
FROM mayfly.exec e
JOIN mayfly.machine m ON m.id = e.machine_id
WHERE e.id = $1::bigint;
